-- Grains' state: a row a state. A version counts its writes; whoever writes says which he has read, and writes nothing where it is
-- another: no row is returned, which Orleans takes for a conflict.
CREATE TABLE orleans_state (
    service    TEXT        NOT NULL,
    type       TEXT        NOT NULL, -- the state's name
    key_low    BIGINT      NOT NULL, -- the grain's key where it is a number
    key_high   BIGINT      NOT NULL,
    key_text   TEXT        NOT NULL, -- the grain's key where it is text; empty where it has none
    payload    BYTEA,                -- NULL: cleared
    version    INTEGER     NOT NULL,
    written    TIMESTAMPTZ NOT NULL DEFAULT now(),
    PRIMARY KEY (service, type, key_low, key_high, key_text)
);

INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES
('ReadFromStorageKey', $query$
    SELECT payload AS PayloadBinary, version AS Version
    FROM orleans_state
    WHERE service = @ServiceId AND type = @GrainTypeString AND key_low = @GrainIdN0 AND key_high = @GrainIdN1
        AND key_text = coalesce(@GrainIdExtensionString, '')
$query$),
-- Without a version the state must be new, with one it must be there in that version.
('WriteToStorageKey', $query$
    WITH changed AS (
        UPDATE orleans_state SET payload = @PayloadBinary, version = version + 1, written = now()
        WHERE service = @ServiceId AND type = @GrainTypeString AND key_low = @GrainIdN0 AND key_high = @GrainIdN1
            AND key_text = coalesce(@GrainIdExtensionString, '') AND version = @GrainStateVersion
        RETURNING version),
    made AS (
        INSERT INTO orleans_state (service, type, key_low, key_high, key_text, payload, version)
        SELECT @ServiceId, @GrainTypeString, @GrainIdN0, @GrainIdN1, coalesce(@GrainIdExtensionString, ''), @PayloadBinary, 1
        WHERE @GrainStateVersion IS NULL
        ON CONFLICT DO NOTHING
        RETURNING version)
    SELECT version AS NewGrainStateVersion FROM changed
    UNION ALL
    SELECT version FROM made
$query$),
('ClearStorageKey', $query$
    UPDATE orleans_state SET payload = NULL, version = version + 1, written = now()
    WHERE service = @ServiceId AND type = @GrainTypeString AND key_low = @GrainIdN0 AND key_high = @GrainIdN1
        AND key_text = coalesce(@GrainIdExtensionString, '') AND version = @GrainStateVersion
    RETURNING version AS NewGrainStateVersion
$query$),
('DeleteStorageKey', $query$
    DELETE FROM orleans_state
    WHERE service = @ServiceId AND type = @GrainTypeString AND key_low = @GrainIdN0 AND key_high = @GrainIdN1
        AND key_text = coalesce(@GrainIdExtensionString, '') AND version = @GrainStateVersion
    RETURNING version + 1 AS NewGrainStateVersion
$query$);
