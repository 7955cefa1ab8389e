-- Reminders: when which grain wants to be called. Silos share them out by the hash of the grain, which is a signed number here.
CREATE TABLE orleans_reminder (
    service TEXT        NOT NULL,
    grain   TEXT        NOT NULL,
    name    TEXT        NOT NULL,
    hash    INTEGER     NOT NULL,
    start   TIMESTAMPTZ NOT NULL,
    period  BIGINT      NOT NULL, -- milliseconds
    version INTEGER     NOT NULL,
    PRIMARY KEY (service, grain, name)
);

CREATE INDEX orleans_reminder_by_hash ON orleans_reminder (service, hash);

INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES
('UpsertReminderRowKey', $query$
    INSERT INTO orleans_reminder AS r (service, grain, name, hash, start, period, version)
    VALUES (@ServiceId, @GrainId, @ReminderName, @GrainHash, @StartTime, @Period, 0)
    ON CONFLICT (service, grain, name) DO UPDATE
    SET hash = excluded.hash, start = excluded.start, period = excluded.period, version = r.version + 1
    RETURNING version AS Version
$query$),
('ReadReminderRowKey', $query$
    SELECT grain AS GrainId, name AS ReminderName, start AS StartTime, period AS Period, version AS Version
    FROM orleans_reminder
    WHERE service = @ServiceId AND grain = @GrainId AND name = @ReminderName
$query$),
('ReadReminderRowsKey', $query$
    SELECT grain AS GrainId, name AS ReminderName, start AS StartTime, period AS Period, version AS Version
    FROM orleans_reminder
    WHERE service = @ServiceId AND grain = @GrainId
$query$),
-- A range of the ring is from behind its beginning up to its end.
('ReadRangeRows1Key', $query$
    SELECT grain AS GrainId, name AS ReminderName, start AS StartTime, period AS Period, version AS Version
    FROM orleans_reminder
    WHERE service = @ServiceId AND hash > @BeginHash AND hash <= @EndHash
$query$),
-- The same for one that goes over the ring's end.
('ReadRangeRows2Key', $query$
    SELECT grain AS GrainId, name AS ReminderName, start AS StartTime, period AS Period, version AS Version
    FROM orleans_reminder
    WHERE service = @ServiceId AND (hash > @BeginHash OR hash <= @EndHash)
$query$),
('DeleteReminderRowKey', $query$
    WITH gone AS (
        DELETE FROM orleans_reminder
        WHERE service = @ServiceId AND grain = @GrainId AND name = @ReminderName AND version = @Version
        RETURNING name)
    SELECT EXISTS (SELECT FROM gone)
$query$),
('DeleteReminderRowsKey', $query$
    DELETE FROM orleans_reminder WHERE service = @ServiceId
$query$);
