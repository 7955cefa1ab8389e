-- What happened in a scene a minute (docs/decision-log.md). A minute in which the scene moved to another silo has a row for each part.
CREATE TABLE scene_minutes (
    scene       TEXT COLLATE "C"  NOT NULL, -- ordinal, as the program compares
    from_time   DOUBLE PRECISION  NOT NULL, -- when it began, seconds since 1970: a full minute, or when the scene was activated within it
    to_time     DOUBLE PRECISION  NOT NULL, -- when it ended: the next full minute, or when the scene was deactivated within it
    decisions   BIGINT            NOT NULL, -- published in it
    by_k        BIGINT            NOT NULL, -- of these, fired because K views were in
    tokens      BIGINT            NOT NULL, -- tokens fused
    fill_ratio  DOUBLE PRECISION,           -- mean of distinct views / N
    p50         DOUBLE PRECISION,           -- seconds from capture to firing, over the decisions' means
    p90         DOUBLE PRECISION,
    p99         DOUBLE PRECISION,
    tail_factor DOUBLE PRECISION,           -- p99 / p50
    bytes       BIGINT            NOT NULL, -- UDP payload of the fused tokens
    late        BIGINT            NOT NULL, -- tokens after their window had fired
    lost        BIGINT            NOT NULL, -- tokens that were sent and never came
    labelled    BIGINT            NOT NULL, -- decisions with a known label
    correct     BIGINT            NOT NULL, -- of these, decided correctly
    k           INTEGER           NOT NULL, -- policy that held at its end: views needed
    t           DOUBLE PRECISION  NOT NULL, -- and timeout, seconds
    PRIMARY KEY (scene, from_time)
);

-- Retention deletes by age, whatever the scene.
CREATE INDEX scene_minutes_by_time ON scene_minutes (from_time);
