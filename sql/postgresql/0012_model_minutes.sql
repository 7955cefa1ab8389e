-- What a language model of a silo did a minute (docs/decision-log.md). A text counts in the minute in which it ended.
CREATE TABLE model_minutes (
    model             TEXT COLLATE "C" NOT NULL,
    silo              TEXT COLLATE "C" NOT NULL, -- its address and port among silos
    from_time         DOUBLE PRECISION NOT NULL, -- when it began, seconds since 1970: a full minute, or when the silo started within it
    to_time           DOUBLE PRECISION NOT NULL, -- when it ended: the next full minute, or when the silo stopped within it
    stop              BIGINT           NOT NULL, -- texts that ended by themselves
    length            BIGINT           NOT NULL, -- texts that were as long as they might be
    cancelled         BIGINT           NOT NULL, -- texts that their readers cancelled
    abandoned         BIGINT           NOT NULL, -- texts whose readers went without a word
    failed            BIGINT           NOT NULL, -- texts that could not be computed
    shut_down         BIGINT           NOT NULL, -- texts that ended with the silo or with the model's unloading
    busy              BIGINT           NOT NULL, -- requests that found no place
    prompt_tokens     BIGINT           NOT NULL, -- text tokens of these texts' prompts
    cached_tokens     BIGINT           NOT NULL, -- of these, those whose pages were there already
    completion_tokens BIGINT           NOT NULL, -- text tokens of these texts
    ttft_p50          DOUBLE PRECISION,          -- submitted to first text token, seconds; NULL: there was none
    ttft_p90          DOUBLE PRECISION,
    ttft_p99          DOUBLE PRECISION,
    tpot_p50          DOUBLE PRECISION,          -- mean of a text token after the first, seconds; NULL: there was none
    tpot_p90          DOUBLE PRECISION,
    tpot_p99          DOUBLE PRECISION,
    jct_p50           DOUBLE PRECISION,          -- submitted to end, seconds; NULL: there was none
    jct_p99           DOUBLE PRECISION,
    batch             DOUBLE PRECISION,          -- mean of text tokens computed together; NULL: nothing was computed
    pages_peak        INTEGER          NOT NULL, -- most pages that texts read
    PRIMARY KEY (model, from_time, silo)
);

-- Retention deletes by age, whatever the model.
CREATE INDEX model_minutes_by_time ON model_minutes (from_time);
