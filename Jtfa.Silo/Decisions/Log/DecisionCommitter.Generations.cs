namespace Jtfa.Silo.Decisions;

/// <content>What language models' texts cost.</content>
internal sealed partial class DecisionCommitter
{
    private long _generationsLostSaid;

    private void WriteGenerations()
    {
        while (_generations.Count > 0 && TryUseDatabase(CommitGenerations))
        {
        }
    }

    private void CommitGenerations()
    {
        var rows = _generations.First(RowInsert.MostRows);
        _table!.Write(rows);
        _generations.RemoveFirst(rows.Count);
        NoteBack();
    }

    private void SayGenerationsLost()
    {
        if (_counters.GenerationsLost is var lost && lost > _generationsLostSaid) LogGenerationsLost(lost - _generationsLostSaid, lost);
        _generationsLostSaid = lost;
    }

    private void GiveUpGenerations()
    {
        var rows = _generations.Count;
        _generations.RemoveFirst(rows);
        _counters.CountGenerationsLost(rows);
        SayGenerationsLost();
    }
}
