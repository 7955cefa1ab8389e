-- What Orleans' ADO.NET storage finds its statements by: it reads these by key and runs them as they stand, with the parameters that
-- they name. It asks for a table and two columns of these names; all else is ours.
CREATE TABLE OrleansQuery (
    QueryKey  TEXT NOT NULL PRIMARY KEY,
    QueryText TEXT NOT NULL
);

-- Grains' state: a row a state. A version counts its writes; whoever writes says which he has read, and writes nothing where it is
-- another: no row is returned, which Orleans takes for a conflict.
CREATE TABLE orleans_state (
    service    TEXT    NOT NULL,
    type       TEXT    NOT NULL, -- the state's name
    key_low    INTEGER NOT NULL, -- the grain's key where it is a number
    key_high   INTEGER NOT NULL,
    key_text   TEXT    NOT NULL, -- the grain's key where it is text; empty where it has none
    payload    BLOB,             -- NULL: cleared
    version    INTEGER NOT NULL,
    written    TEXT    NOT NULL DEFAULT CURRENT_TIMESTAMP,
    PRIMARY KEY (service, type, key_low, key_high, key_text)
);

INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES
('ReadFromStorageKey', '
    SELECT payload AS PayloadBinary, version AS Version
    FROM orleans_state
    WHERE service = @ServiceId AND type = @GrainTypeString AND key_low = @GrainIdN0 AND key_high = @GrainIdN1
        AND key_text = coalesce(@GrainIdExtensionString, '''')
'),
-- Without a version the state must be new, with one it must be there in that version.
('WriteToStorageKey', '
    INSERT INTO orleans_state (service, type, key_low, key_high, key_text, payload, version)
    SELECT @ServiceId, @GrainTypeString, @GrainIdN0, @GrainIdN1, coalesce(@GrainIdExtensionString, ''''), @PayloadBinary, 1
    WHERE @GrainStateVersion IS NULL OR EXISTS (
        SELECT 1 FROM orleans_state
        WHERE service = @ServiceId AND type = @GrainTypeString AND key_low = @GrainIdN0 AND key_high = @GrainIdN1
            AND key_text = coalesce(@GrainIdExtensionString, ''''))
    ON CONFLICT (service, type, key_low, key_high, key_text) DO UPDATE
    SET payload = excluded.payload, version = version + 1, written = CURRENT_TIMESTAMP
    WHERE version = @GrainStateVersion
    RETURNING version AS NewGrainStateVersion
'),
('ClearStorageKey', '
    UPDATE orleans_state SET payload = NULL, version = version + 1, written = CURRENT_TIMESTAMP
    WHERE service = @ServiceId AND type = @GrainTypeString AND key_low = @GrainIdN0 AND key_high = @GrainIdN1
        AND key_text = coalesce(@GrainIdExtensionString, '''') AND version = @GrainStateVersion
    RETURNING version AS NewGrainStateVersion
'),
('DeleteStorageKey', '
    DELETE FROM orleans_state
    WHERE service = @ServiceId AND type = @GrainTypeString AND key_low = @GrainIdN0 AND key_high = @GrainIdN1
        AND key_text = coalesce(@GrainIdExtensionString, '''') AND version = @GrainStateVersion
    RETURNING version + 1 AS NewGrainStateVersion
');
