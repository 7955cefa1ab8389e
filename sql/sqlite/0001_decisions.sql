-- The decision log: one row a decision (docs/decision-log.md). From timestamp to acc_running the columns are those of the published
-- CSV, in its order. Measurements may be NULL: SQLite has no NaN.
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
    PRIMARY KEY (scene, decision)
);
