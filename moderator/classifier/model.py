"""Stand-in until the classifier lands."""

from collections.abc import Mapping

from moderator.domain.scoring import Caution, Label, Threshold


class Model:
    """A model."""

    version: str

    def thresholds(self, caution: Caution) -> Mapping[Label, Threshold]:
        raise NotImplementedError
