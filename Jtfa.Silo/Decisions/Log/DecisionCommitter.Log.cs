using Microsoft.Extensions.Logging;

namespace Jtfa.Silo.Decisions;

/// <content>What the operator is told.</content>
internal sealed partial class DecisionCommitter
{
    [LoggerMessage(EventName = "Away", Level = LogLevel.Error,
        Message = "The decision log's database is away, decisions wait in the spool: {Reason}. Trying again in {Seconds} s")]
    private partial void LogAway(Exception? defect, string reason, double seconds);

    [LoggerMessage(EventName = "StillAway", Level = LogLevel.Warning,
        Message = "The decision log's database is still away, {Waiting} decisions wait: {Reason}. Trying again in {Seconds} s")]
    private partial void LogStillAway(Exception? defect, string reason, long waiting, double seconds);

    [LoggerMessage(EventName = "Back", Level = LogLevel.Information,
        Message = "The decision log's database {Place} is back after {Seconds:F1} s; {Waiting} decisions are still to be written")]
    private partial void LogBack(string place, double seconds, long waiting);

    [LoggerMessage(EventName = "Refused", Level = LogLevel.Error, Message = "The spool takes no more decisions: {Reason}")]
    private partial void LogRefused(string reason);

    [LoggerMessage(EventName = "TakenOver", Level = LogLevel.Information,
        Message = "{Waiting} decisions of an earlier run wait in the spool and are written now")]
    private partial void LogTakenOver(long waiting);

    [LoggerMessage(EventName = "NoReserve", Level = LogLevel.Warning,
        Message = "No room is kept for decisions that wait when the silo stops with a full disk ({Reason}): free some space and restart")]
    private partial void LogNoReserve(string reason);

    [LoggerMessage(EventName = "Torn", Level = LogLevel.Warning,
        Message = "An earlier run ended in the midst of writing: cut {SpoolBytes} bytes off the spool and {CsvBytes} off the CSV file")]
    private partial void LogTorn(long spoolBytes, long csvBytes);

    [LoggerMessage(EventName = "LeftInSpool", Level = LogLevel.Warning,
        Message = "{Waiting} decisions wait in the spool; the next start writes them")]
    private partial void LogLeftInSpool(long waiting);

    [LoggerMessage(EventName = "MinutesLost", Level = LogLevel.Error,
        Message = "{Minutes} minutes of scenes lost: the database is away; {Total} since the start")]
    private partial void LogMinutesLost(long minutes, long total);

    [LoggerMessage(EventName = "LanguageRowsLost", Level = LogLevel.Error,
        Message = "{Rows} rows of language models lost: the database is away; {Total} since the start")]
    private partial void LogLanguageRowsLost(long rows, long total);

    [LoggerMessage(EventName = "NotClosed", Level = LogLevel.Warning, Message = "{Place} did not close: {Reason}")]
    private partial void LogNotClosed(string place, string reason);
}
