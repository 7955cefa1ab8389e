-- What a language model of a silo did a minute (docs/decision-log.md). A text counts in the minute in which it ended.
CREATE TABLE model_minutes (
    model             TEXT    NOT NULL,
    silo              TEXT    NOT NULL, -- its address and port among silos
    from_time         REAL    NOT NULL, -- when it began, seconds since 1970: a full minute, or when the silo started within it
    to_time           REAL    NOT NULL, -- when it ended: the next full minute, or when the silo stopped within it
    stop              INTEGER NOT NULL, -- texts that ended by themselves
    length            INTEGER NOT NULL, -- texts that were as long as they might be
    cancelled         INTEGER NOT NULL, -- texts that their readers cancelled
    abandoned         INTEGER NOT NULL, -- texts whose readers went without a word
    failed            INTEGER NOT NULL, -- texts that could not be computed
    shut_down         INTEGER NOT NULL, -- texts that ended with the silo or with the model's unloading
    busy              INTEGER NOT NULL, -- requests that found no place
    prompt_tokens     INTEGER NOT NULL, -- text tokens of these texts' prompts
    cached_tokens     INTEGER NOT NULL, -- of these, those whose pages were there already
    completion_tokens INTEGER NOT NULL, -- text tokens of these texts
    ttft_p50          REAL,             -- submitted to first text token, seconds; NULL: there was none
    ttft_p90          REAL,
    ttft_p99          REAL,
    tpot_p50          REAL,             -- mean of a text token after the first, seconds; NULL: there was none
    tpot_p90          REAL,
    tpot_p99          REAL,
    jct_p50           REAL,             -- submitted to end, seconds; NULL: there was none
    jct_p99           REAL,
    batch             REAL,             -- mean of text tokens computed together; NULL: nothing was computed
    pages_peak        INTEGER NOT NULL, -- most pages that texts read
    PRIMARY KEY (model, from_time, silo)
) WITHOUT ROWID;

-- Retention deletes by age, whatever the model.
CREATE INDEX model_minutes_by_time ON model_minutes (from_time);
