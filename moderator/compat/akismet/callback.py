"""What people decide on a held comment, as the site's callback address reads it."""

import json
from datetime import datetime

from moderator.domain.comments import Status
from moderator.storage.outbox import Delivery
from moderator.webhooks.delivery import Letter

_RESULTS = {Status.REJECTED: "true", Status.APPROVED: "false"}


def write(delivery: Delivery, _: datetime) -> Letter:
    """Return a decision as JSON that names the comment by its guid and proves itself by the site's key.

    The answer is not read beyond its status: WordPress says 200 and an error for a comment that it has deleted, and
    telling it again would not bring that back. Fields that only narrow its search are left out, since a wrong one
    makes it fail.

    Raises:
        ValueError: nothing was decided, and there is no word for that.
    """
    status = Status(str(delivery.event.payload["status"]))
    if status not in _RESULTS:
        raise ValueError("a callback tells of decisions alone")
    body = {
        "key": delivery.endpoint.secrets[0],
        "endpoint": "comment-check",
        "comments": [{"guid": delivery.event.comment_id, "result": _RESULTS[status]}],
    }
    # WordPress reports every change of a comment as feedback, but for those of a request that says it is a webhook.
    headers = {"content-type": "application/json", "user-agent": "moderator-callbacks", "x-akismet-webhook": "1"}
    return Letter(body=json.dumps(body).encode(), headers=headers)
