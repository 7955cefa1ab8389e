namespace Jtfa.Silo.Decisions;

/// <content>Scenes' minutes.</content>
internal sealed partial class DecisionCommitter
{
    private long _minutesLostSaid;

    // Not part of the groups: all scenes' minutes come at once, and no decision must wait for their rows.
    private void WriteMinutes()
    {
        while (_minutes.Count > 0 && TryUseDatabase(CommitMinutes))
        {
        }
    }

    private void CommitMinutes()
    {
        var minutes = _minutes.First(RowInsert.MostRows);
        _table!.Write(minutes);
        _minutes.RemoveFirst(minutes.Count);
        NoteBack();
    }

    private void SayMinutesLost()
    {
        if (_counters.MinutesLost is var lost && lost > _minutesLostSaid) LogMinutesLost(lost - _minutesLostSaid, lost);
        _minutesLostSaid = lost;
    }

    private void GiveUpMinutes()
    {
        var minutes = _minutes.Count;
        _minutes.RemoveFirst(minutes);
        _counters.CountMinutesLost(minutes);
        SayMinutesLost();
    }
}
