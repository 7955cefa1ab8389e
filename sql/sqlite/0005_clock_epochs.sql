-- A clock that is set back gives decisions' numbers and minutes again: those of a later clock epoch are others (docs/decision-log.md).
-- SQLite changes no primary key, so both tables are copied. Row numbers stay, since followers go by them.
DROP INDEX decisions_by_time;
ALTER TABLE decisions RENAME TO decisions_before;
CREATE TABLE decisions (
    scene       TEXT    NOT NULL,
    decision    INTEGER NOT NULL, -- number of its window
    timestamp   REAL,             -- when the window fired, seconds since 1970
    cause       TEXT    NOT NULL, -- K: K views were in; T: timeout
    m           INTEGER NOT NULL, -- tokens fused
    fill_ratio  REAL,             -- distinct views / N
    bytes       INTEGER NOT NULL, -- UDP payload of the fused tokens
    lat_mean    REAL,             -- seconds from capture to firing, over the fused tokens; so are the percentiles
    p50         REAL,
    p90         REAL,
    p99         REAL,
    tail_factor REAL,             -- p99 / p50
    pred        INTEGER NOT NULL, -- class decided for
    gt          INTEGER NOT NULL, -- majority label, -1 unknown
    correct     INTEGER NOT NULL, -- 1: gt is known and pred equals it
    acc_running REAL,             -- accuracy of the scene so far
    confidence  REAL,             -- softmax probability of pred
    views       TEXT    NOT NULL, -- JSON array of the fused views' numbers, ascending
    clock_epoch INTEGER NOT NULL DEFAULT 0, -- how often a gateway's clock had been set back when the window opened
    PRIMARY KEY (scene, clock_epoch, decision)
);
INSERT INTO decisions (rowid, scene, decision, timestamp, cause, m, fill_ratio, bytes, lat_mean, p50, p90, p99, tail_factor, pred, gt, correct, acc_running,
    confidence, views)
SELECT rowid, scene, decision, timestamp, cause, m, fill_ratio, bytes, lat_mean, p50, p90, p99, tail_factor, pred, gt, correct, acc_running,
    confidence, views FROM decisions_before ORDER BY rowid;
DROP TABLE decisions_before;

-- Finds a scene's decisions by time (queries, retention); gt and correct make it answer a scene's totals without touching the table.
CREATE INDEX decisions_by_time ON decisions (scene, clock_epoch, timestamp, gt, correct);

DROP INDEX scene_minutes_by_time;
ALTER TABLE scene_minutes RENAME TO scene_minutes_before;
CREATE TABLE scene_minutes (
    scene       TEXT    NOT NULL,
    from_time   REAL    NOT NULL, -- when it began, seconds since 1970: a full minute, or when the scene was activated within it
    to_time     REAL    NOT NULL, -- when it ended: the next full minute, or when the scene was deactivated within it
    decisions   INTEGER NOT NULL, -- published in it
    by_k        INTEGER NOT NULL, -- of these, fired because K views were in
    tokens      INTEGER NOT NULL, -- tokens fused
    fill_ratio  REAL,             -- mean of distinct views / N
    p50         REAL,             -- seconds from capture to firing, over the decisions' means
    p90         REAL,
    p99         REAL,
    tail_factor REAL,             -- p99 / p50
    bytes       INTEGER NOT NULL, -- UDP payload of the fused tokens
    late        INTEGER NOT NULL, -- tokens after their window had fired
    lost        INTEGER NOT NULL, -- tokens that were sent and never came
    labelled    INTEGER NOT NULL, -- decisions with a known label
    correct     INTEGER NOT NULL, -- of these, decided correctly
    k           INTEGER NOT NULL, -- policy that held at its end: views needed
    t           REAL    NOT NULL, -- and timeout, seconds
    clock_epoch INTEGER NOT NULL DEFAULT 0, -- the scene's when it began
    PRIMARY KEY (scene, clock_epoch, from_time)
) WITHOUT ROWID;
INSERT INTO scene_minutes SELECT *, 0 FROM scene_minutes_before;
DROP TABLE scene_minutes_before;

-- Retention deletes by age, whatever the scene.
CREATE INDEX scene_minutes_by_time ON scene_minutes (from_time);
