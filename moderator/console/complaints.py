"""What refuses, in the language of the page: errors and faults are raised in English, below the console.

Their sentences stand here as templates, as those of reasons do in `said`. A new error that nobody has added is shown in
English; a test goes through the errors that pages can meet.
"""

from typing import Final

from moderator.console.language import marked, spoken
from moderator.console.said import Form, translated

FORMS: Final = tuple(
    Form(message)
    for message in (
        # Who asks.
        marked("Please sign in."),
        marked("The name or the password is wrong."),
        marked("Too many attempts; wait a minute."),
        marked("Too many requests from this address."),
        marked("Only an administrator may do this."),
        marked("Your account has no role here. Ask an administrator."),
        marked("Signing in took too long, or began in another browser. Sign in again."),
        marked("The sign-in provider does not answer. Try again in a minute."),
        marked("The sign-in provider's answer does not fit. Sign in again."),
        marked("Only an administrator of every site may do this."),
        marked("This is the last administrator of every site. Name another one first."),
        marked("This is you. Ask another administrator."),
        marked("This form is out of date; load the page again."),
        marked("This form came from another site."),
        marked("Only a senior moderator or an administrator may do this."),
        marked("There is no sign-in provider."),
        marked("Please sign in again."),
        # Whom somebody manages.
        marked("They see sites that you do not administer."),
        marked("You do not administer these sites."),
        marked("You are not known any more."),
        marked("Their role comes from the sign-in provider, with each sign-in."),
        marked("They sign in at the sign-in provider and have no password here."),
        marked("You sign in at the sign-in provider and have no password here."),
        marked("There is no disabled person of this name."),
        marked("You have no such session."),
        marked("There is no such webhook."),
        # What is asked for.
        marked("There is no such case."),
        marked("There is no such comment."),
        marked("There is no such decision."),
        marked("There is no such site."),
        marked("There is no such site; authors and articles are a site’s own."),
        marked("There is no such person."),
        marked("There is no such thing."),
        marked("There is no such valid key."),
        marked("There is no such model version."),
        marked("There is no such version of the policy."),
        marked("There is no model version %(version)s any more."),
        marked("There is no model version %(version)s."),
        marked("There is no earlier model version to go back to."),
        marked("There is no demo site here; `moderator serve --demo` makes one on an empty database."),
        marked("Nobody of this name has a comment here."),
        marked("Nothing stands under this article."),
        # What has moved on.
        marked("Somebody has this name already."),
        marked("Only the one who decided, a senior or an administrator may undo this."),
        marked("This decision was itself an undo; the comment waits in the queue."),
        marked("This comment was erased; nothing can be decided about it any more."),
        marked("Another model is in use since this page was shown. Nothing was changed; look again."),
        # What was typed.
        marked("not a form"),
        marked("no such choice"),
        marked("another one than before"),
        marked("this is not your password"),
        marked("not the same as the new password"),
        marked("%(least)s to %(most)s characters"),
        marked("a public key needs the origins of its pages"),
        marked("choose a site, or every site"),
        marked("up to %(most)s secrets of 1 to %(longest)s characters"),
        marked("the URL must begin with https://"),
        marked("expected an absolute URL of at most %(most)s characters"),
        marked("the URL must not hold a name or password"),
        marked("the URL is malformed"),
        marked("no such reason"),
        marked("no such level"),
        marked("approve or reject"),
        marked("the case as it was seen"),
        marked("the version that this page showed"),
        marked("the character U+0000 is not allowed"),
        marked("must not be empty"),
        marked("too large"),
        marked("at most %(most)s characters"),
        marked("at most %(most)s characters, not %(given)s"),
        marked("at most %(most)s, not %(given)s"),
        marked("at least %(least)s characters"),
        marked("1 to %(most)s printable characters"),
        marked("not an RE2 pattern: %(says)s"),
        marked("%(steps)s steps long when compiled; at most %(most)s"),
        marked("matches nothing at all, and so every text"),
        marked("%(domain)s is not a domain such as example.eu; leave out scheme and path"),
        marked("%(origin)s is not an origin such as https://example.eu"),
        marked("may be %(most)s at most, not %(given)s: from there on a person looks, whatever a site sets"),
        marked("say from where on it is held, too"),
        marked("a number above 0, 2 at most"),
        marked("a number above 0, 2 at most; empty for never"),
        marked("not below %(held)s, where it is held"),
    )
)


def in_words(complaint: str) -> str:
    """Return a complaint in the page's language; in English where it is not known there."""
    return complaint if spoken() == "en" else translated(complaint, FORMS) or complaint
