"""Addresses of the pages about an author and about an article. Both are a site's own, so that they name the site."""

from urllib.parse import quote, urlencode

from starlette.convertors import Convertor, register_url_convertor

from moderator.domain.comments import Comment


class _Anything(Convertor[str]):
    """A site's own name for an author may have any character in it. Starlette's `path` stops at the end of a line."""

    regex = "(?s:.*)"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("anything", _Anything())


def author_path(comment: Comment) -> str | None:
    """Return the page about who wrote a comment; None for a stranger."""
    key = comment.author.key
    return None if key is None else f"/console/authors/{quote(key, safe=':@')}?{urlencode({'site': comment.site_id})}"


def waiting_path(comment: Comment) -> str | None:
    """Return the queue of what waits by the author of a comment; None for a stranger without a name."""
    author = comment.author.key or comment.author.name
    return f"/console/queue?{urlencode({'site': comment.site_id, 'author': author})}" if author else None


def article_path(comment: Comment) -> str | None:
    """Return the page about what a comment stands under; None where the site does not say."""
    url = comment.article.url
    return None if url is None else f"/console/articles?{urlencode({'site': comment.site_id, 'url': url})}"
