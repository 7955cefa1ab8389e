-- Texts of language models that are kept (docs/serving.md): what each was asked for, of which any silo with the model makes it again.
CREATE TABLE generation_requests (
    request TEXT COLLATE "C" NOT NULL, -- the text's name, without its model
    model   TEXT COLLATE "C" NOT NULL,
    asked   DOUBLE PRECISION NOT NULL, -- seconds since 1970
    expires DOUBLE PRECISION NOT NULL, -- from then on it is not read any more, seconds since 1970
    body    TEXT             NOT NULL, -- JSON: the prompt as text tokens, options, seed
    PRIMARY KEY (request, model)
);

-- What has expired is deleted.
CREATE INDEX generation_requests_by_expiry ON generation_requests (expires);
