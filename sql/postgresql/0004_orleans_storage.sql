-- What grains remember: scenes their policies, cameras their configurations, Orleans itself who subscribed to streams. A version that
-- does not match what the writer has read refuses the write.
CREATE TABLE orleans_storage (
    service_id text        NOT NULL,
    state      text        NOT NULL, -- name of the state
    key_0      bigint      NOT NULL, -- the grain's key: a number or a GUID here ...
    key_1      bigint      NOT NULL,
    key_text   text        NOT NULL, -- ... and text here
    payload    bytea,                -- NULL: cleared
    version    integer     NOT NULL,
    changed    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (service_id, state, key_0, key_1, key_text)
);

INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES
('ReadFromStorageKey', $$
    SELECT payload AS PayloadBinary, version AS Version FROM orleans_storage
    WHERE service_id = @ServiceId AND state = @GrainTypeString AND key_0 = @GrainIdN0 AND key_1 = @GrainIdN1
        AND key_text = coalesce(@GrainIdExtensionString, '')
$$),
('WriteToStorageKey', $$
    WITH written AS (
        INSERT INTO orleans_storage AS s (service_id, state, key_0, key_1, key_text, payload, version)
        SELECT @ServiceId, @GrainTypeString, @GrainIdN0, @GrainIdN1, coalesce(@GrainIdExtensionString, ''), @PayloadBinary, 1
        WHERE @GrainStateVersion::integer IS NULL OR EXISTS (
            SELECT FROM orleans_storage
            WHERE service_id = @ServiceId AND state = @GrainTypeString AND key_0 = @GrainIdN0 AND key_1 = @GrainIdN1
                AND key_text = coalesce(@GrainIdExtensionString, ''))
        ON CONFLICT (service_id, state, key_0, key_1, key_text) DO UPDATE
        SET payload = excluded.payload, version = s.version + 1, changed = now()
        WHERE s.version = @GrainStateVersion
        RETURNING s.version)
    SELECT coalesce((SELECT version FROM written), @GrainStateVersion::integer) AS NewGrainStateVersion
$$),
('ClearStorageKey', $$
    WITH cleared AS (
        UPDATE orleans_storage SET payload = NULL, version = version + 1, changed = now()
        WHERE service_id = @ServiceId AND state = @GrainTypeString AND key_0 = @GrainIdN0 AND key_1 = @GrainIdN1
            AND key_text = coalesce(@GrainIdExtensionString, '') AND version = @GrainStateVersion
        RETURNING version)
    SELECT coalesce((SELECT version FROM cleared), @GrainStateVersion::integer) AS NewGrainStateVersion
$$),
('DeleteStorageKey', $$
    WITH deleted AS (
        DELETE FROM orleans_storage
        WHERE service_id = @ServiceId AND state = @GrainTypeString AND key_0 = @GrainIdN0 AND key_1 = @GrainIdN1
            AND key_text = coalesce(@GrainIdExtensionString, '') AND version = @GrainStateVersion
        RETURNING version + 1 AS version)
    SELECT coalesce((SELECT version FROM deleted), @GrainStateVersion::integer) AS NewGrainStateVersion
$$);
