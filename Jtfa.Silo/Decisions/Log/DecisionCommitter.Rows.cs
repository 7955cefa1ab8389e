namespace Jtfa.Silo.Decisions;

/// <content>Rows beside decisions: scenes' minutes, what language models' texts cost, and models' minutes.</content>
internal sealed partial class DecisionCommitter
{
    private long _minutesLostSaid;
    private long _languageRowsLostSaid;

    // Not part of the groups: all scenes' minutes come at once, and no decision must wait for their rows.
    private void WriteRows()
    {
        WriteRows(_minutes, rows => _table!.Write(rows));
        WriteRows(_generations, rows => _table!.Write(rows));
        WriteRows(_modelMinutes, rows => _table!.Write(rows));
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
        if (_counters.LanguageRowsLost is var rows && rows > _languageRowsLostSaid) LogLanguageRowsLost(rows - _languageRowsLostSaid, rows);
        (_minutesLostSaid, _languageRowsLostSaid) = (minutes, rows);
    }

    private void GiveUpRows()
    {
        _counters.CountMinutesLost(Empty(_minutes));
        _counters.CountLanguageRowsLost(Empty(_generations) + Empty(_modelMinutes));
        SayRowsLost();
    }

    private static int Empty<T>(RowQueue<T> queue)
    {
        var rows = queue.Count;
        queue.RemoveFirst(rows);
        return rows;
    }
}
