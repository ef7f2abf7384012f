"""A shop chain in a box: the shipped sync on both ends, with everything around it gone wrong.

One seed is one world: one to three tills, clones of them, and a head office. What runs is what
ships: the engine, outbox and inbox on real SQLite files, the journal store with its projections and
directives, and head office's service with ingest, feed and projections on its own SQLite file. What
is simulated is the clock, the dice and the wires. The dice decide who sells, which message is lost,
cut, repeated, delayed or answered by a stranger, who is killed (also between two statements, before
and after a commit), whose disk is put back from an image, cloned or damaged, when a journal goes on
in a new file and who is killed over it, and when head office is restored from a backup, even from
one that knows no till; sticks with journal segments are carried over, at once or when they are old.
Then peace is made; everybody goes on until nothing is left to say; and both sides are counted.

Checked after every step (`checks.py`):
    at head office sequences are 1..watermark without gap or double; the watermark is some till's;
    what it acknowledges is on its disk; a till believes only its own hashes; oldest epoch first;
    a journal file that is closed is acknowledged and durable, and its counters go on
Checked at the end:
    I1 chains · I2 sums per day, item and tender · I3 rebuilt = kept · I6 nothing that is on a disk
    or was acknowledged is missing, nothing is there that nobody sold · every till's catalogue is
    head office's

Run it:
    python -m tests.sync.simulation --seeds 1000 [--from N] [--jobs 2] [--counts] [--bug NAME]
A failure names its seed; the same seed tells the same story again.

Planted bugs (`bugs.py`): each is a patch of shipped code, and each has to be caught.

    ack-before-commit            R6, R7    head office answers before it has committed
    dropped-watermark-check      R6        a batch after a gap is taken
    no-hash-check-on-duplicates  R6, R17   a known sequence is skipped whatever its hash
    fork-overwrites              R17       the second history replaces the first
    quarantine-blocks            R9        a damaged record refuses its batch, for ever
    uuid-booked-twice            R6, R17   an entry appended again is booked again
    late-duplicate-moves-back    R6        a late copy of an old batch sets the watermark
    ack-without-hash-check       R7        the till believes every acknowledgement
    resend-from-wrong-seq        R16       after a regress the till sends one entry too late
    regress-is-ignored           R16       the till does not go back when head office has
    newest-epoch-first           R2        a second epoch is pushed before the first is drained
    retry-with-new-bytes         R7        what is sent again is spelled anew
    half-a-snapshot              R11       a snapshot is swapped in before its last page
    fork-loses-its-first-entry   R17       the new epoch begins one entry too late
    fork-renames-its-entries     R17       entries appended again get new uuids
    gives-up                     R8        after four failures the till stops trying
    cursor-before-rows           R13       the feed's cursor is stored before its rows
    rollover-does-not-wait       R30       a journal file is closed before head office has it
    rollover-trusts-one-node     R6, R30   a journal file is closed before it is durable
    rollover-starts-anew         R30       the new file begins without the old one's numbers
    rollover-without-seam        R30       the new file's epoch names another head than the old one's
    closed-files-not-pushed      R16, R30  after a regress what lies in closed files is not sent
"""
