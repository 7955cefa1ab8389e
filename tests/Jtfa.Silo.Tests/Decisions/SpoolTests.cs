using FsCheck;
using FsCheck.Fluent;
using Jtfa.Interfaces;
using Jtfa.Silo.Decisions;

namespace Jtfa.Silo.Tests.Decisions;

/// <summary>The spool by itself.</summary>
public class SpoolTests
{
    [Fact]
    public async Task A_decision_comes_back_as_it_was_whatever_is_in_it()
    {
        await using var folder = new LogFolder();
        using var spool = new DecisionSpool(folder.Spool, long.MaxValue, flushToDisk: true);
        var decision = LogFolder.Decision(long.MinValue, "a\nb \"ü\"") with
        {
            P50 = double.NaN,
            P90 = double.NegativeInfinity,
            DueAt = 0.1 + 0.2,
            Views = [int.MaxValue],
        };

        spool.Append([decision]);

        var read = Assert.Single(spool.Read(10).Decisions);
        Assert.Equal(decision.Views, read.Views);
        Assert.Equal(decision, read with { Views = decision.Views });
    }

    [Fact]
    public void Any_sequence_of_operations_behaves_like_a_list()
    {
        var operation = Gen.Choose(0, 9).SelectMany(_ => Gen.Choose(1, 5), (kind, size) => (Kind: kind, Size: size));
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(100),
            Prop.ForAll(operation.ListOf().Select(list => list.ToArray()).ToArbitrary(), operations => Holds(operations)));

        static void Holds((int Kind, int Size)[] operations)
        {
            var path = Path.Combine(Path.GetTempPath(), $"jtfa-{Guid.NewGuid():N}.spool");
            using var spool = new DecisionSpool(path, long.MaxValue, flushToDisk: false);
            var (model, next) = (new List<long>(), 0L);
            foreach (var (kind, size) in operations)
            {
                Decision[] decisions = [.. Enumerable.Range(0, size).Select(_ => LogFolder.Decision(next++))];
                if (kind < 5)
                {
                    Assert.Equal(size, spool.Append(decisions));
                    model.AddRange(decisions.Select(decision => decision.Id));
                }
                else if (kind < 7)
                {
                    var first = Math.Min(size, model.Count);
                    spool.RemoveFirst(first);
                    model.RemoveRange(0, first);
                }
                else if (model.Count > 0)
                {
                    var batch = spool.Read(size);
                    Assert.Equal(model.Take(size), batch.Decisions.Select(decision => decision.Id));
                    spool.Remove(batch);
                    model.RemoveRange(0, batch.Records);
                }

                Assert.Equal(model.Count, spool.Count);
                Assert.Equal(model.Count > 0, File.Exists(path));
            }

            Assert.Equal(model, spool.Read(int.MaxValue).Decisions.Select(decision => decision.Id));
            File.Delete(path);
        }
    }

    [Fact]
    public async Task What_was_read_off_the_front_makes_room()
    {
        await using var folder = new LogFolder();
        using var spool = new DecisionSpool(folder.Spool, 3000, flushToDisk: false);
        Decision[] decisions = [.. Enumerable.Range(0, 100).Select(id => LogFolder.Decision(id))];
        var fits = spool.Append(decisions);
        Assert.InRange(fits, 6, 15);
        Assert.Equal(0, spool.Append(decisions[fits..]));
        Assert.Contains("limit of 3000 bytes", spool.Refusal, StringComparison.Ordinal);

        spool.Remove(spool.Read(2));

        Assert.Equal(2, spool.Append(decisions[fits..]));
        Assert.Equal(Enumerable.Range(2, fits).Select(id => (long)id), spool.Read(100).Decisions.Select(decision => decision.Id));
        Assert.True(new FileInfo(folder.Spool).Length <= 6000);
    }

    [Fact]
    public async Task A_batch_is_removed_rightly_although_the_file_was_rewritten_since_it_was_read()
    {
        await using var folder = new LogFolder();
        using var spool = new DecisionSpool(folder.Spool, long.MaxValue, flushToDisk: false);
        spool.Append([.. Enumerable.Range(0, 10).Select(id => LogFolder.Decision(id))]);
        spool.Remove(spool.Read(2));

        var batch = spool.Read(3);
        File.Delete(folder.Spool);
        spool.Append([LogFolder.Decision(10)]); // rewrites the file that went
        spool.Remove(batch);

        Assert.Equal([5, 6, 7, 8, 9, 10], spool.Read(100).Decisions.Select(decision => decision.Id));
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n\n")]
    [InlineData("no record\n")]
    [InlineData("00000000 {}\n")]
    [InlineData("zzzzzzzz {\"Scene\":\"a\"}\n")]
    [InlineData("ffffffff")]
    public async Task Whatever_stands_in_the_file_no_decision_is_made_of_it(string content)
    {
        await using var folder = new LogFolder();
        File.WriteAllText(folder.Spool, content);
        using var spool = new DecisionSpool(folder.Spool, long.MaxValue, flushToDisk: false);

        var torn = spool.TakeOver();

        var batch = spool.Read(100);
        Assert.Empty(batch.Decisions);
        Assert.Equal(content.Count(letter => letter == '\n'), batch.Records);
        Assert.Equal(content.EndsWith('\n') ? 0 : content.Length, torn);
    }

    [Fact]
    public async Task A_record_longer_than_what_is_read_at_once_is_read_whole()
    {
        await using var folder = new LogFolder();
        using var spool = new DecisionSpool(folder.Spool, long.MaxValue, flushToDisk: false);
        var scene = new string('x', 5 << 20);

        spool.Append([LogFolder.Decision(1, scene), LogFolder.Decision(2)]);

        Assert.Equal(scene.Length, spool.Read(1).Decisions[0].Scene.Length);
    }
}
