"""Fair sharing of a limited resource between API keys."""


class Shares:
    """Who holds how many units of what there is.

    One holder alone may have all of it. With several, each may have what there is divided by their
    number, and more only while half of it is free: whoever comes when others hold everything gets
    a share all the same, and those others get nothing more until they are down to theirs. So all of
    them together hold at most `capacity * (1 + 1/2 + ... + 1/holders)`, and one more request each.

    Used by the event loop alone.
    """

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.taken = 0
        self._held: dict[str, int] = {}

    def share_of(self, holder: str) -> int:
        """Units that a holder may have whatever the others do; at least one."""
        holders = len(self._held) + (holder not in self._held)
        return max(1, self.capacity // holders)

    def has_room(self, holder: str) -> bool:
        """Whether a holder may take something now, however much."""
        return self.taken < self.capacity // 2 or self.held_by(holder) < self.share_of(holder)

    def held_by(self, holder: str) -> int:
        """Units that a holder has."""
        return self._held.get(holder, 0)

    def take(self, holder: str, units: int) -> None:
        """Count units as held; whether there is room is asked before."""
        self._held[holder] = self.held_by(holder) + units
        self.taken += units

    def give_back(self, holder: str, units: int) -> None:
        """Count units as free again."""
        left = self.held_by(holder) - units
        if left > 0:
            self._held[holder] = left
        else:
            self._held.pop(holder, None)
        self.taken -= units
