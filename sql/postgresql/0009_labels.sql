-- The name of the class decided for, as the scene's model had it then (docs/decision-log.md): NULL where it names no classes, and in rows
-- from before this step.
ALTER TABLE decisions ADD COLUMN label TEXT;
