-- No grain has reminders, and no stream is kept in the database. Databases that earlier scripts (0004, 0005) made have both still.
DELETE FROM OrleansQuery WHERE QueryKey LIKE '%Reminder%' OR QueryKey LIKE 'ReadRangeRows%' OR QueryKey LIKE '%Stream%';

DROP FUNCTION IF EXISTS orleans_stream_bury, orleans_stream_forget, orleans_stream_take;
DROP TABLE IF EXISTS orleans_reminder, orleans_stream_message, orleans_stream_dead_letter, orleans_stream_queue;
