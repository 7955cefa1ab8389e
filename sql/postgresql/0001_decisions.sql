-- The decision log: one row a decision (docs/decision-log.md). From timestamp to acc_running the columns are those of the published
-- CSV, in its order. Measurements that have no value are NULL, as in SQLite.
CREATE TABLE decisions (
    scene       TEXT COLLATE "C"  NOT NULL, -- ordinal, as the program compares
    decision    BIGINT            NOT NULL, -- number of its window
    timestamp   DOUBLE PRECISION,           -- when the window fired, seconds since 1970
    cause       TEXT              NOT NULL, -- K: K views were in; T: timeout
    m           INTEGER           NOT NULL, -- tokens fused
    fill_ratio  DOUBLE PRECISION,           -- distinct views / N
    bytes       INTEGER           NOT NULL, -- UDP payload of the fused tokens
    lat_mean    DOUBLE PRECISION,           -- seconds from capture to firing, over the fused tokens; so are the percentiles
    p50         DOUBLE PRECISION,
    p90         DOUBLE PRECISION,
    p99         DOUBLE PRECISION,
    tail_factor DOUBLE PRECISION,           -- p99 / p50
    pred        INTEGER           NOT NULL, -- class decided for
    gt          INTEGER           NOT NULL, -- majority label, -1 unknown
    correct     INTEGER           NOT NULL, -- 1: gt is known and pred equals it
    acc_running DOUBLE PRECISION,           -- accuracy of the scene so far
    confidence  DOUBLE PRECISION,           -- softmax probability of pred
    views       TEXT              NOT NULL, -- JSON array of the fused views' numbers, ascending
    -- What a follower pages by. It grows in the order of commits, for whoever writes holds the log's lock from before the first number
    -- that is drawn until after the commit; with gaps, since a decision that is there already draws one too.
    number      BIGINT            NOT NULL GENERATED ALWAYS AS IDENTITY UNIQUE,
    PRIMARY KEY (scene, decision)
);

-- Finds a scene's decisions by time (queries, retention); gt and correct make it answer a scene's totals without touching the table.
CREATE INDEX decisions_by_time ON decisions (scene, timestamp, number) INCLUDE (gt, correct);
