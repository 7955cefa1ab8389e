-- Streams: messages wait in queues until a silo takes them, and are gone when it says that they were delivered. A message that is taken
-- is out of sight for a while; what was taken too often, or is too old, goes to the dead letters, and from there after a longer while.
CREATE TABLE orleans_stream_message (
    service  TEXT        NOT NULL,
    provider TEXT        NOT NULL,
    queue    TEXT        NOT NULL,
    message  BIGINT      NOT NULL GENERATED ALWAYS AS IDENTITY,
    taken    INTEGER     NOT NULL DEFAULT 0, -- times; whoever took it last is known by it
    visible  TIMESTAMPTZ NOT NULL,           -- from when on it may be taken (again)
    expires  TIMESTAMPTZ NOT NULL,
    created  TIMESTAMPTZ NOT NULL,
    modified TIMESTAMPTZ NOT NULL,
    payload  BYTEA       NOT NULL,
    PRIMARY KEY (service, provider, queue, message)
);

CREATE TABLE orleans_stream_dead_letter (
    service  TEXT        NOT NULL,
    provider TEXT        NOT NULL,
    queue    TEXT        NOT NULL,
    message  BIGINT      NOT NULL,
    taken    INTEGER     NOT NULL,
    visible  TIMESTAMPTZ NOT NULL,
    expires  TIMESTAMPTZ NOT NULL,
    created  TIMESTAMPTZ NOT NULL,
    modified TIMESTAMPTZ NOT NULL,
    dead     TIMESTAMPTZ NOT NULL,
    remove   TIMESTAMPTZ NOT NULL, -- when it may go
    payload  BYTEA       NOT NULL,
    PRIMARY KEY (service, provider, queue, message)
);

CREATE INDEX orleans_stream_dead_letter_by_removal ON orleans_stream_dead_letter (service, provider, queue, remove);

-- When a queue was last cleared up, whichever silo did it.
CREATE TABLE orleans_stream_queue (
    service  TEXT        NOT NULL,
    provider TEXT        NOT NULL,
    queue    TEXT        NOT NULL,
    cleared  TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (service, provider, queue)
);

-- Moves messages of a queue to the dead letters, at most max_count: those taken too often or expired that nobody has in hand.
-- Rows that another silo has locked are left to it.
CREATE FUNCTION orleans_stream_bury(
    in_service TEXT, in_provider TEXT, in_queue TEXT, max_count INTEGER, max_taken INTEGER, keep_seconds INTEGER)
RETURNS VOID LANGUAGE SQL AS $body$
    WITH due AS (
        SELECT message FROM orleans_stream_message
        WHERE service = in_service AND provider = in_provider AND queue = in_queue
            AND visible <= now() AND (taken >= max_taken OR expires <= now())
        ORDER BY message LIMIT max_count
        FOR UPDATE SKIP LOCKED),
    buried AS (
        DELETE FROM orleans_stream_message m USING due
        WHERE m.service = in_service AND m.provider = in_provider AND m.queue = in_queue AND m.message = due.message
        RETURNING m.*)
    INSERT INTO orleans_stream_dead_letter
        (service, provider, queue, message, taken, visible, expires, created, modified, dead, remove, payload)
    SELECT service, provider, queue, message, taken, visible, expires, created, modified,
        now(), now() + make_interval(secs => keep_seconds), payload
    FROM buried
$body$;

-- Removes a queue's dead letters whose time has come, at most max_count.
CREATE FUNCTION orleans_stream_forget(in_service TEXT, in_provider TEXT, in_queue TEXT, max_count INTEGER)
RETURNS VOID LANGUAGE SQL AS $body$
    WITH due AS (
        SELECT message FROM orleans_stream_dead_letter
        WHERE service = in_service AND provider = in_provider AND queue = in_queue AND remove <= now()
        ORDER BY remove LIMIT max_count
        FOR UPDATE SKIP LOCKED)
    DELETE FROM orleans_stream_dead_letter d USING due
    WHERE d.service = in_service AND d.provider = in_provider AND d.queue = in_queue AND d.message = due.message
$body$;

-- Takes a queue's next messages; clears the queue up where that is due. One silo at a time does so: for the others the row is locked.
CREATE FUNCTION orleans_stream_take(
    in_service TEXT, in_provider TEXT, in_queue TEXT, max_count INTEGER, max_taken INTEGER, hide_seconds INTEGER,
    keep_seconds INTEGER, clear_seconds INTEGER, clear_count INTEGER)
RETURNS SETOF orleans_stream_message LANGUAGE plpgsql AS $body$
BEGIN
    INSERT INTO orleans_stream_queue (service, provider, queue, cleared) VALUES (in_service, in_provider, in_queue, now())
    ON CONFLICT DO NOTHING;
    UPDATE orleans_stream_queue q SET cleared = now()
    FROM (
        SELECT service, provider, queue FROM orleans_stream_queue
        WHERE service = in_service AND provider = in_provider AND queue = in_queue
            AND cleared <= now() - make_interval(secs => clear_seconds)
        FOR UPDATE SKIP LOCKED) due
    WHERE q.service = due.service AND q.provider = due.provider AND q.queue = due.queue;
    IF FOUND THEN
        PERFORM orleans_stream_bury(in_service, in_provider, in_queue, clear_count, max_taken, keep_seconds);
        PERFORM orleans_stream_forget(in_service, in_provider, in_queue, clear_count);
    END IF;

    RETURN QUERY
    WITH next AS (
        SELECT n.message FROM orleans_stream_message n
        WHERE n.service = in_service AND n.provider = in_provider AND n.queue = in_queue
            AND n.taken < max_taken AND n.visible <= now() AND n.expires > now()
        ORDER BY n.message LIMIT max_count
        FOR UPDATE SKIP LOCKED)
    UPDATE orleans_stream_message m
    SET taken = m.taken + 1, visible = now() + make_interval(secs => hide_seconds), modified = now()
    FROM next
    WHERE m.service = in_service AND m.provider = in_provider AND m.queue = in_queue AND m.message = next.message
    RETURNING m.*;
END
$body$;

INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES
-- The numbers of one queue's messages must be in the order of commits, as readers' places are numbers: who writes to a queue waits for
-- those before him. The lock is had before the number is drawn, since the row that is inserted comes from it.
('QueueStreamMessageKey', $query$
    WITH turn AS (
        SELECT now() AS time, pg_advisory_xact_lock(hashtextextended(concat_ws('/', @ServiceId, @ProviderId, @QueueId), 1247036993)))
    INSERT INTO orleans_stream_message (service, provider, queue, visible, expires, created, modified, payload)
    SELECT @ServiceId, @ProviderId, @QueueId, time, time + make_interval(secs => @ExpiryTimeout), time, time, @Payload
    FROM turn
    RETURNING service AS ServiceId, provider AS ProviderId, queue AS QueueId, message AS MessageId
$query$),
('GetStreamMessagesKey', $query$
    SELECT service AS ServiceId, provider AS ProviderId, queue AS QueueId, message AS MessageId, taken AS Dequeued, visible AS VisibleOn,
        expires AS ExpiresOn, created AS CreatedOn, modified AS ModifiedOn, payload AS Payload
    FROM orleans_stream_take(
        @ServiceId, @ProviderId, @QueueId, @MaxCount, @MaxAttempts, @VisibilityTimeout, @RemovalTimeout, @EvictionInterval, @EvictionBatchSize)
    ORDER BY message
$query$),
-- Items are message:taken|message:taken… Whoever did not take a message last has no say about it. With taken below zero the message was
-- not delivered, and may be taken again at once.
('ConfirmStreamMessagesKey', $query$
    WITH receipt AS (
        SELECT split_part(item, ':', 1)::BIGINT AS message, split_part(item, ':', 2)::INTEGER AS taken
        FROM unnest(string_to_array(@Items, '|')) AS items (item)),
    held AS (
        SELECT m.message, r.taken > 0 AS delivered
        FROM orleans_stream_message m
        JOIN receipt r ON m.message = r.message AND m.taken = abs(r.taken)
        WHERE m.service = @ServiceId AND m.provider = @ProviderId AND m.queue = @QueueId
        ORDER BY m.message
        FOR UPDATE OF m),
    delivered AS (
        DELETE FROM orleans_stream_message m USING held
        WHERE m.service = @ServiceId AND m.provider = @ProviderId AND m.queue = @QueueId AND m.message = held.message AND held.delivered
        RETURNING m.service, m.provider, m.queue, m.message),
    released AS (
        UPDATE orleans_stream_message m SET visible = now(), modified = now()
        FROM held
        WHERE m.service = @ServiceId AND m.provider = @ProviderId AND m.queue = @QueueId AND m.message = held.message AND NOT held.delivered
        RETURNING m.service, m.provider, m.queue, m.message)
    SELECT service AS ServiceId, provider AS ProviderId, queue AS QueueId, message AS MessageId
    FROM (SELECT * FROM delivered UNION ALL SELECT * FROM released) done
$query$),
-- To the dead letters if it was taken too often or is expired, else to be taken again at once.
('FailStreamMessageKey', $query$
    WITH failed AS (
        SELECT message, taken >= @MaxAttempts OR expires <= now() AS dead
        FROM orleans_stream_message
        WHERE service = @ServiceId AND provider = @ProviderId AND queue = @QueueId AND message = @MessageId
        FOR UPDATE),
    buried AS (
        DELETE FROM orleans_stream_message m USING failed
        WHERE m.service = @ServiceId AND m.provider = @ProviderId AND m.queue = @QueueId AND m.message = failed.message AND failed.dead
        RETURNING m.*),
    released AS (
        UPDATE orleans_stream_message m SET visible = now(), modified = now()
        FROM failed
        WHERE m.service = @ServiceId AND m.provider = @ProviderId AND m.queue = @QueueId AND m.message = failed.message AND NOT failed.dead)
    INSERT INTO orleans_stream_dead_letter
        (service, provider, queue, message, taken, visible, expires, created, modified, dead, remove, payload)
    SELECT service, provider, queue, message, taken, now(), expires, created, now(), now(), now() + make_interval(secs => @RemovalTimeout), payload
    FROM buried
$query$),
('EvictStreamMessagesKey', $query$
    SELECT orleans_stream_bury(@ServiceId, @ProviderId, @QueueId, @MaxCount, @MaxAttempts, @RemovalTimeout)
$query$),
('EvictStreamDeadLettersKey', $query$
    SELECT orleans_stream_forget(@ServiceId, @ProviderId, @QueueId, @MaxCount)
$query$);
