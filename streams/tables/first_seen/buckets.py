"""First offsets by id, packed: hash buckets that split one at a time, so nothing ever doubles or pauses.

Called by the memory, one for each width of key and partition. A bucket is a string of records: the key, the low 32 bits
of the first offset, and Kafka's timestamp in seconds. New records go to its end, so the oldest stands at its front and
leaves from there. Linear hashing (Litwin 1980): the next bucket in turn is split when the mean bucket is full. Keys are
hashed by Python's SipHash, whose secret differs in each process: nobody can choose ids that share a bucket.

Does not know partitions, ids as text, or the horizon: what may be forgotten is told by `keep` and `reach`.
"""

import struct

BUCKET_RECORDS = 12
"""Mean records of a bucket before a split. Fewer cost memory (a bucket is an object of some 50 bytes), more cost time
(it is searched, and copied when a record is added); from 5 to 24 the time is the same within a tenth."""
MASK = 0xFFFFFFFF
LEAP = 1 << 31
"""Records lie less than this many offsets behind the newest, so that 32 bits say which offset is meant."""

_tail = struct.Struct("<II")
TAIL = _tail.size
pack_tail = _tail.pack
"""What follows a record's key: low bits of the first offset, seconds."""
unpack_tail = _tail.unpack_from


class Buckets:
    """The records of one partition with keys of one width."""

    __slots__ = ("buckets", "count", "high", "keep", "reach", "records", "room", "size", "swept", "width")

    def __init__(self, width: int, keep: int, reach: int) -> None:
        """`width` of a key in bytes. A record goes when it is more than `keep` seconds or `reach` offsets older than
        the newest, whose offset (not below any record's) and seconds come with each call."""
        self.width, self.size = width, width + TAIL
        self.records = struct.Struct(f"{width}s{TAIL}s").iter_unpack
        """Key and what follows it, of each record in a string of them."""
        self.keep, self.reach = keep, reach
        self.clear()

    def clear(self) -> None:
        """Forget all."""
        self.buckets = [b""]
        self.high = 0
        """Mask of a hash: the number of buckets, rounded up to a power of 2, less 1."""
        self.count = 0
        self.room = BUCKET_RECORDS
        self.swept = 0

    def get(self, key: bytes, newest: int) -> tuple[int, int] | None:
        """First offset and seconds of a key."""
        number = hash(key) & self.high
        bucket = self.buckets[number if number < len(self.buckets) else number & self.high >> 1]
        place = self.place(bucket, key)
        return None if place < 0 else self.known(bucket, place, newest)

    def place(self, bucket: bytes, key: bytes) -> int:
        """Where the key's record begins in its bucket; -1: nowhere."""
        place = bucket.find(key)
        while place > 0 and place % self.size:  # the bytes of two neighbours
            place = bucket.find(key, place + 1)
        return place

    def known(self, bucket: bytes | bytearray, place: int, newest: int) -> tuple[int, int]:
        """First offset and seconds of the record at a place."""
        low, at = unpack_tail(bucket, place + self.width)
        return newest - ((newest - low) & MASK), at

    def merge(self, records: bytes, newest: int, newest_at: int) -> None:
        """Take packed records; of two for one key the later stays."""
        buckets, high, count, room = self.buckets, self.high, self.count, self.room
        for key, rest in self.records(records):
            number = hash(key) & high
            if number >= len(buckets):
                number &= high >> 1
            bucket = buckets[number]
            if key in bucket and (place := self.place(bucket, key)) >= 0:
                if self.known(bucket, place, newest)[0] >= self.known(key + rest, 0, newest)[0]:
                    continue
                bucket = bucket[:place] + bucket[place + self.size :]
                count -= 1
            buckets[number] = bucket + key + rest
            count += 1
            if count > room:
                self.count = count
                self.split(newest, newest_at)
                high, count, room = self.high, self.count, self.room
        self.count = count

    def trim(self, number: int, newest: int, newest_at: int) -> None:
        """Forget what is too old in a bucket, from its front up to the first record that is not."""
        bucket, size, width = self.buckets[number], self.size, self.width
        before, reach = newest_at - self.keep, self.reach
        end = 0
        while end < len(bucket):
            low, at = unpack_tail(bucket, end + width)
            if at >= before and (newest - low) & MASK <= reach:
                break
            end += size
        if end:
            self.buckets[number] = bucket[end:]
            self.count -= end // size

    def sweep(self, buckets: int, newest: int, newest_at: int) -> None:
        """Trim so many buckets, in turn: also those that no new record reaches."""
        for _ in range(min(buckets, len(self.buckets))):
            self.swept = (self.swept + 1) % len(self.buckets)
            self.trim(self.swept, newest, newest_at)

    def split(self, newest: int, newest_at: int) -> None:
        """Share the next bucket in turn with a new one: some 16 records, a few microseconds."""
        buckets = self.buckets
        new = len(buckets)
        if new > self.high:
            self.high = 2 * self.high + 1
        high = self.high
        number = new & high >> 1
        self.trim(number, newest, newest_at)
        stay: list[bytes] = []
        move: list[bytes] = []
        for record in self.records(buckets[number]):
            if hash(record[0]) & high == new:
                move += record
            else:
                stay += record
        buckets[number] = b"".join(stay)
        buckets.append(b"".join(move))
        self.room += BUCKET_RECORDS
