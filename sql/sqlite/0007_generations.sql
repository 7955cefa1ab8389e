-- Texts of language models that have ended, and what each cost (docs/serving.md).
CREATE TABLE generations (
    id                TEXT    NOT NULL PRIMARY KEY, -- model/request
    model             TEXT    NOT NULL,
    timestamp         REAL    NOT NULL, -- when it ended, seconds since 1970
    prompt_tokens     INTEGER NOT NULL,
    cached_tokens     INTEGER NOT NULL, -- of the prompt's, those whose pages were there already
    completion_tokens INTEGER NOT NULL,
    ttft              REAL,             -- submitted to first text token, seconds; NULL: there was none
    tpot              REAL,             -- mean of a text token after the first, seconds; NULL: there was none
    jct               REAL    NOT NULL, -- submitted to end, seconds
    finish            TEXT    NOT NULL, -- Stop, Length, Cancelled, Abandoned, Failed, ShutDown
    fault             TEXT              -- why it is not whole
) WITHOUT ROWID;

-- Retention deletes by age.
CREATE INDEX generations_by_time ON generations (timestamp);
