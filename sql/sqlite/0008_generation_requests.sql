-- Texts of language models that are kept (docs/serving.md): what each was asked for, of which any silo with the model makes it again.
CREATE TABLE generation_requests (
    request TEXT NOT NULL, -- the text's name, without its model
    model   TEXT NOT NULL,
    asked   REAL NOT NULL, -- seconds since 1970
    expires REAL NOT NULL, -- from then on it is not read any more, seconds since 1970
    body    TEXT NOT NULL, -- JSON: the prompt as text tokens, options, seed
    PRIMARY KEY (request, model)
);

-- What has expired is deleted.
CREATE INDEX generation_requests_by_expiry ON generation_requests (expires);
