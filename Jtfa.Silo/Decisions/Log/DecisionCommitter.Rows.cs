namespace Jtfa.Silo.Decisions;

/// <content>Rows beside decisions: scenes' minutes, and what language models' texts cost.</content>
internal sealed partial class DecisionCommitter
{
    private long _minutesLostSaid;
    private long _generationsLostSaid;

    // Not part of the groups: all scenes' minutes come at once, and no decision must wait for their rows.
    private void WriteRows()
    {
        WriteRows(_minutes, rows => _table!.Write(rows));
        WriteRows(_generations, rows => _table!.Write(rows));
    }

    private void WriteRows<T>(RowQueue<T> queue, Action<List<T>> write)
    {
        while (_table is not null && queue.Count > 0 && TryUseDatabase(Commit))
        {
        }

        void Commit()
        {
            var rows = queue.First(RowInsert.MostRows);
            write(rows);
            queue.RemoveFirst(rows.Count);
            NoteBack();
        }
    }

    private void SayRowsLost()
    {
        if (_counters.MinutesLost is var minutes && minutes > _minutesLostSaid) LogMinutesLost(minutes - _minutesLostSaid, minutes);
        if (_counters.GenerationsLost is var texts && texts > _generationsLostSaid) LogGenerationsLost(texts - _generationsLostSaid, texts);
        (_minutesLostSaid, _generationsLostSaid) = (minutes, texts);
    }

    private void GiveUpRows()
    {
        _counters.CountMinutesLost(Empty(_minutes));
        _counters.CountGenerationsLost(Empty(_generations));
        SayRowsLost();
    }

    private static int Empty<T>(RowQueue<T> queue)
    {
        var rows = queue.Count;
        queue.RemoveFirst(rows);
        return rows;
    }
}
