"""What can go wrong between this machine and the hub, one class a condition.

Owns the client's own conditions and the shape of a problem that the hub sent. Refuses to hide the hub's
words: title, detail and remedy arrive as the hub wrote them.
"""

from typing import Any

from perenne.kit.errors import PerenneError


class HubUnreachable(PerenneError):
    """Nothing answers at the hub's address."""

    code = "hub-unreachable"
    title = "The hub does not answer"
    status = 503


class CredentialsMissing(PerenneError):
    """No token was given, and none is on this machine for that hub."""

    code = "credentials-missing"
    title = "No credentials for this hub"
    status = 401


class AnswerNotUnderstood(PerenneError):
    """Something answered, and it is not a hub that this version understands."""

    code = "answer-not-understood"
    title = "The hub's answer is not understood"
    status = 502


class WaitedTooLong(PerenneError):
    """The hub's work was not finished in the time that the caller gave it. It goes on."""

    code = "waited-too-long"
    title = "Still at work"
    status = 504


class NothingToPush(PerenneError):
    """There is no image where images were expected."""

    code = "nothing-to-push"
    title = "Nothing to push"
    status = 422


class HubError(PerenneError):
    """The hub refused, and said why: an RFC 9457 problem document."""

    code = "hub-error"
    title = "The hub refused"

    def __init__(self, problem: dict[str, Any]) -> None:
        self.problem = problem
        self.problem_code = str(problem.get("code") or "hub-error")
        self.problem_title = str(problem.get("title") or self.title)
        self.problem_status = int(problem.get("status") or 500)
        detail = str(problem.get("detail") or self.problem_title)
        super().__init__(detail, remedy=str(problem.get("remedy") or ""))

    def to_problem(self) -> dict[str, Any]:
        """Return the hub's own problem document."""
        return self.problem
