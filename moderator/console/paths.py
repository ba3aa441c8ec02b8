"""Addresses of the pages about an author and about an article. Both are a site's own, so that they name the site."""

from urllib.parse import quote, urlencode

from moderator.domain.comments import Comment


def author_path(comment: Comment) -> str | None:
    """Return the page about who wrote a comment; None for a stranger."""
    key = comment.author.key
    return None if key is None else f"/console/authors/{quote(key, safe=':@')}?{urlencode({'site': comment.site_id})}"


def article_path(comment: Comment) -> str | None:
    """Return the page about what a comment stands under; None where the site does not say."""
    url = comment.article.url
    return None if url is None else f"/console/articles?{urlencode({'site': comment.site_id, 'url': url})}"
