-- Finds a scene's decisions by time (queries, retention); gt and correct make it answer a scene's totals without touching the table.
CREATE INDEX decisions_by_time ON decisions (scene, timestamp, gt, correct);
