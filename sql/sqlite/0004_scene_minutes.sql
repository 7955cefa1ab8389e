-- What happened in a scene a minute (docs/decision-log.md). A minute in which the scene moved to another silo has a row for each part.
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
    PRIMARY KEY (scene, from_time)
) WITHOUT ROWID;

-- Retention deletes by age, whatever the scene.
CREATE INDEX scene_minutes_by_time ON scene_minutes (from_time);
