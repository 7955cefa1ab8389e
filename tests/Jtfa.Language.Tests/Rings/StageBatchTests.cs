using Jtfa.Language.Caches;
using Jtfa.Language.Files;
using Jtfa.Language.Models;
using Jtfa.Language.Rings;
using Jtfa.Language.Tests.Serving;

namespace Jtfa.Language.Tests.Rings;

/// <summary>Batches come from another process, which may send anything.</summary>
public sealed class StageBatchTests
{
    private static readonly CacheShape s_shape = new(1, 2, 4, 4);

    [Theory, InlineData(StateFormat.F32), InlineData(StateFormat.F16), InlineData(StateFormat.Q8)]
    public void What_was_written_is_read(StateFormat format)
    {
        using var store = new PageStore(s_shape, CacheFormat.F32, 8);
        var (message, states) = Message(format);
        var read = new StageBatch(store, 40);
        read.Read(message);
        Assert.Equal((7, format, 22, 1, 2), (read.Number, read.Format, read.Rows, read.Wanted, read.Count));
        Assert.Equal((0, 20, false, 20), (read[0].Position, read[0].Rows, read[0].IsWanted, read[0].Length));
        Assert.Equal((0, 2, true, 1), (read[1].Position, read[1].Rows, read[1].IsWanted, read[1].Pages));
        Assert.Equal([0, 1], Enumerable.Range(0, 2).Select(read[0].PageAt));
        var numbers = new float[states.Length];
        read.ReadStates(numbers);
        var worst = states.Zip(numbers, (a, b) => Math.Abs(a - b)).Max();
        Assert.InRange(worst, 0, format switch { StateFormat.F32 => 0, StateFormat.F16 => 0.002, _ => 0.02 });
        Assert.True(StageBatch.TryPeek(read.With(numbers), out var epoch, out var number));
        Assert.Equal((3, 7), (epoch, number));
    }

    [Fact]
    public void Damaged_batches_are_refused_in_one_line_and_never_read_beyond_their_end()
    {
        using var store = new PageStore(s_shape, CacheFormat.F32, 8);
        var random = new Random(1);
        var (refused, rounds) = (0, LongForm.IsAsked ? 2_000_000 : 20_000);
        var read = new StageBatch(store, 40);
        for (var round = 0; round < rounds; round++)
        {
            var message = Message((StateFormat)random.Next(3)).Message;
            var header = 36 + (2 * 16) + (3 * 4);
            for (var changes = random.Next(3); changes >= 0; changes--)
                message[random.Next(header)] = (byte)(random.Next(3) == 0 ? 0xff : random.Next(256));
            if (random.Next(4) == 0) message = message[..random.Next(message.Length)];
            try
            {
                read.Read(message);
                Assert.All(Enumerable.Range(0, read.Count), index => Assert.InRange(read[index].Length, 1, 8 * PagePool.PageTokens));
                read.ReadStates(new float[read.Rows * 40]);
            }
            catch (RingException fault)
            {
                refused++;
                Assert.DoesNotContain('\n', fault.Message);
            }
        }

        Assert.InRange(refused, rounds / 2, rounds);
    }

    [Fact]
    public async Task A_stage_says_what_is_wrong_and_takes_the_next_epoch()
    {
        using var model = new ServedModel(blocks: 2);
        using var stage = RingStage.Load(model.Path, 1, 1, 1, CacheFormat.F16, 8);
        var fault = await FaultOfAsync(1, Message(StateFormat.F32).Message);
        Assert.Equal("A batch has hidden states of 40 numbers, and the model has 64.", fault);
        Assert.Equal("A batch has no header.", await FaultOfAsync(2, [1, 2, 3]));
        stage.Take([4]); // it has failed already

        async Task<string> FaultOfAsync(int epoch, byte[] message)
        {
            var failed = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
            stage.Begin(epoch, true, _ => { }, failed.SetResult);
            if (message.Length > 8)
            {
                BitConverter.TryWriteBytes(message.AsSpan(4), epoch);
                BitConverter.TryWriteBytes(message.AsSpan(8), 1L);
            }

            stage.Take(message);
            return await failed.Task.WaitAsync(TestContext.Current.CancellationToken);
        }
    }

    [Fact]
    public void A_stage_has_only_blocks_of_its_model()
    {
        using var model = new ServedModel(blocks: 2);
        var fault = Assert.Throws<ModelFileException>(() => RingStage.Load(model.Path, 1, 1, 2, CacheFormat.F16, 8));
        Assert.Contains("it has the blocks 0 … 1, and 2 from 1 on are wanted", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_number_that_halves_cannot_hold_is_a_fault()
    {
        var fault = Assert.Throws<RingException>(() => HiddenStates.Write([1, 70_000], 2, StateFormat.F16, new byte[4]));
        Assert.Equal("A hidden state of 70000 does not fit into F16: send them as F32", fault.Message);
        Assert.Throws<RingException>(() => HiddenStates.Write([float.PositiveInfinity], 1, StateFormat.Q8, new byte[5]));
    }

    // 20 rows of one sequence on the pages 0 and 1, and two of another on page 2, whose last is wanted.
    private static (byte[] Message, float[] States) Message(StateFormat format)
    {
        using var pool = new PagePool(s_shape, CacheFormat.F32, 8);
        using CachedSequence first = new(pool), second = new(pool);
        var batch = new Batch();
        Assert.True(batch.TryAdd(first, new int[20]));
        Assert.True(batch.TryAdd(second, new int[2]));
        var random = new Random(2);
        float[] states = [.. Enumerable.Range(0, 22 * 40).Select(_ => (float)((4 * random.NextDouble()) - 2))];
        return (StageBatch.Write(3, 7, batch.Rows, [21], states, 40, format), states);
    }
}
