-- Orleans' reminders: timers that outlive silos. Nothing of JTFA uses one yet; a grain that wants to finds them here.
CREATE TABLE orleans_reminder (
    service_id text        NOT NULL,
    grain      text        NOT NULL,
    name       text        NOT NULL,
    hash       integer     NOT NULL, -- of the grain: silos share reminders out by it
    start      timestamptz NOT NULL,
    period     bigint      NOT NULL, -- milliseconds
    version    integer     NOT NULL DEFAULT 0,
    PRIMARY KEY (service_id, grain, name)
);

CREATE INDEX orleans_reminder_by_hash ON orleans_reminder (service_id, hash);

INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES
('UpsertReminderRowKey', $$
    INSERT INTO orleans_reminder AS r (service_id, grain, name, hash, start, period)
    VALUES (@ServiceId, @GrainId, @ReminderName, @GrainHash, @StartTime, @Period)
    ON CONFLICT (service_id, grain, name) DO UPDATE
    SET hash = excluded.hash, start = excluded.start, period = excluded.period, version = r.version + 1
    RETURNING version AS Version
$$),
('ReadReminderRowKey', $$
    SELECT grain AS GrainId, name AS ReminderName, start AS StartTime, period AS Period, version AS Version FROM orleans_reminder
    WHERE service_id = @ServiceId AND grain = @GrainId AND name = @ReminderName
$$),
('ReadReminderRowsKey', $$
    SELECT grain AS GrainId, name AS ReminderName, start AS StartTime, period AS Period, version AS Version FROM orleans_reminder
    WHERE service_id = @ServiceId AND grain = @GrainId
$$),
('ReadRangeRows1Key', $$
    SELECT grain AS GrainId, name AS ReminderName, start AS StartTime, period AS Period, version AS Version FROM orleans_reminder
    WHERE service_id = @ServiceId AND hash > @BeginHash AND hash <= @EndHash
$$),
('ReadRangeRows2Key', $$
    SELECT grain AS GrainId, name AS ReminderName, start AS StartTime, period AS Period, version AS Version FROM orleans_reminder
    WHERE service_id = @ServiceId AND (hash > @BeginHash OR hash <= @EndHash)
$$),
('DeleteReminderRowKey', $$
    WITH deleted AS (
        DELETE FROM orleans_reminder
        WHERE service_id = @ServiceId AND grain = @GrainId AND name = @ReminderName AND version = @Version
        RETURNING 1)
    SELECT EXISTS (SELECT FROM deleted)
$$),
('DeleteReminderRowsKey', $$
    DELETE FROM orleans_reminder WHERE service_id = @ServiceId
$$);
