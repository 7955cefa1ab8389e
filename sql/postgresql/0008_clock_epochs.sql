-- A clock that is set back gives decisions' numbers and minutes again: those of a later clock epoch are others (docs/decision-log.md).
-- A silo of an earlier version that still runs writes into the first epoch.
ALTER TABLE decisions ADD COLUMN clock_epoch INTEGER NOT NULL DEFAULT 0; -- how often a gateway's clock had been set back
ALTER TABLE decisions DROP CONSTRAINT decisions_pkey;
ALTER TABLE decisions ADD PRIMARY KEY (scene, clock_epoch, decision);

-- Finds a scene's decisions by time (queries, retention); gt and correct make it answer a scene's totals without touching the table.
DROP INDEX decisions_by_time;
CREATE INDEX decisions_by_time ON decisions (scene, clock_epoch, timestamp, number) INCLUDE (gt, correct);

ALTER TABLE scene_minutes ADD COLUMN clock_epoch INTEGER NOT NULL DEFAULT 0; -- the scene's when it began
ALTER TABLE scene_minutes DROP CONSTRAINT scene_minutes_pkey;
ALTER TABLE scene_minutes ADD PRIMARY KEY (scene, clock_epoch, from_time);
