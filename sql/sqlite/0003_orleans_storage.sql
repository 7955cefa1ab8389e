-- What grains remember on Orleans: scenes their policies, cameras their configurations. The table OrleansQuery, its keys, the
-- parameters and the columns of the results are what Orleans' ADO.NET storage asks for; all else is ours. A version that does not match
-- what the writer has read refuses the write.
CREATE TABLE OrleansQuery (
    QueryKey  TEXT NOT NULL PRIMARY KEY,
    QueryText TEXT NOT NULL
);

CREATE TABLE orleans_storage (
    service_id TEXT    NOT NULL,
    state      TEXT    NOT NULL, -- name of the state
    key_0      INTEGER NOT NULL, -- the grain's key: a number or a GUID here ...
    key_1      INTEGER NOT NULL,
    key_text   TEXT    NOT NULL, -- ... and text here
    payload    BLOB,             -- NULL: cleared
    version    INTEGER NOT NULL,
    changed    TEXT    NOT NULL DEFAULT CURRENT_TIMESTAMP,
    PRIMARY KEY (service_id, state, key_0, key_1, key_text)
);

INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES
('ReadFromStorageKey', '
    SELECT payload AS PayloadBinary, version AS Version FROM orleans_storage
    WHERE service_id = @ServiceId AND state = @GrainTypeString AND key_0 = @GrainIdN0 AND key_1 = @GrainIdN1
        AND key_text = coalesce(@GrainIdExtensionString, '''')
'),
('WriteToStorageKey', '
    INSERT INTO orleans_storage (service_id, state, key_0, key_1, key_text, payload, version)
    SELECT @ServiceId, @GrainTypeString, @GrainIdN0, @GrainIdN1, coalesce(@GrainIdExtensionString, ''''), @PayloadBinary, 1
    WHERE @GrainStateVersion IS NULL OR EXISTS (
        SELECT 1 FROM orleans_storage
        WHERE service_id = @ServiceId AND state = @GrainTypeString AND key_0 = @GrainIdN0 AND key_1 = @GrainIdN1
            AND key_text = coalesce(@GrainIdExtensionString, ''''))
    ON CONFLICT (service_id, state, key_0, key_1, key_text) DO UPDATE
    SET payload = excluded.payload, version = version + 1, changed = CURRENT_TIMESTAMP
    WHERE version = @GrainStateVersion;
    SELECT CASE changes() WHEN 0 THEN @GrainStateVersion ELSE coalesce(@GrainStateVersion, 0) + 1 END AS NewGrainStateVersion
'),
('ClearStorageKey', '
    UPDATE orleans_storage SET payload = NULL, version = version + 1, changed = CURRENT_TIMESTAMP
    WHERE service_id = @ServiceId AND state = @GrainTypeString AND key_0 = @GrainIdN0 AND key_1 = @GrainIdN1
        AND key_text = coalesce(@GrainIdExtensionString, '''') AND version = @GrainStateVersion;
    SELECT CASE changes() WHEN 0 THEN @GrainStateVersion ELSE @GrainStateVersion + 1 END AS NewGrainStateVersion
'),
('DeleteStorageKey', '
    DELETE FROM orleans_storage
    WHERE service_id = @ServiceId AND state = @GrainTypeString AND key_0 = @GrainIdN0 AND key_1 = @GrainIdN1
        AND key_text = coalesce(@GrainIdExtensionString, '''') AND version = @GrainStateVersion;
    SELECT CASE changes() WHEN 0 THEN @GrainStateVersion ELSE @GrainStateVersion + 1 END AS NewGrainStateVersion
');
