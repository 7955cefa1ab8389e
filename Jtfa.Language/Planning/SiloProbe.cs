using Jtfa.Language.Files;
using Jtfa.Language.Kernels;
using Jtfa.Language.Models;
using Jtfa.Language.Weights;

namespace Jtfa.Language.Planning;

/// <summary>
/// Measures how fast this process computes with weights of a format: matrices of zeros, more than caches hold, multiplied with one row of
/// activations as for a text token, and then with many as for a prompt. It takes less than two seconds, and about as much memory as the
/// matrices.
/// </summary>
public static unsafe class SiloProbe
{
    private const int Columns = 2048;
    private const int Rows = 4096;
    private const int PromptRows = 32;
    private const int LeastRounds = 3;
    private static readonly TimeSpan s_loading = TimeSpan.FromSeconds(0.6);
    private static readonly TimeSpan s_measuring = TimeSpan.FromSeconds(0.4);

    /// <summary>Measures.</summary>
    /// <param name="format">The format of the weights.</param>
    /// <param name="threads">Threads that compute.</param>
    /// <param name="mostBytes">Memory that the matrices may take, where one of them does not take more.</param>
    /// <param name="clock">The time.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Bytes of weights a second for one row, multiplications with addition a second for many.</returns>
    /// <exception cref="ModelFileException">There is no room for a temporary file.</exception>
    public static (double ReadBytesPerSecond, double ProductsPerSecond) Measure(
        WeightFormat format, int threads, long mostBytes, TimeProvider clock, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(format);
        ArgumentNullException.ThrowIfNull(clock);
        var matrices = new List<Projection>();
        using var workers = new Workers(threads);
        using var scratch = new Scratch(threads);
        scratch.Grow(Columns);
        using var x = new NativeBuffer<float>(PromptRows * Columns);
        using var y = new NativeBuffer<float>(PromptRows * Rows);
        for (var i = 0; i < PromptRows * Columns; i++) x.Address[i] = 1f / (1 + (i % 7));
        var path = Path.GetTempFileName();
        try
        {
            Write(path, format);
            using var file = GgufFile.Open(path);
            var (began, tensor) = (clock.GetTimestamp(), file.Tensors[0]);
            do
            {
                cancellationToken.ThrowIfCancellationRequested();
                matrices.Add(new Projection(WeightMatrix.Load(file, tensor, 0, Rows), null));
            }
            while (matrices.Count < 64 && matrices.Sum(matrix => matrix.Bytes) < Math.Min(mostBytes, 96L << 20)
                && clock.GetElapsedTime(began) < s_loading);

            // Bytes are the file's, which plans count, not those that a kernel keeps.
            void ReadAll()
            {
                foreach (var matrix in matrices) matrix.Apply(x.Address, 1, y.Address, workers, scratch);
            }

            var one = Median(clock, ReadAll, cancellationToken);
            var many = Median(
                clock, () => matrices[0].Apply(x.Address, PromptRows, y.Address, workers, scratch), cancellationToken);
            return (matrices.Count * tensor.Bytes / one, (double)PromptRows * Rows * Columns / many);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new ModelFileException(path, $"it cannot be written ({fault.Message.TrimEnd('.')}): make room in its folder", fault);
        }
        finally
        {
            foreach (var matrix in matrices) matrix.Dispose();
            File.Delete(path);
        }
    }

    private static double Median(TimeProvider clock, Action work, CancellationToken cancellationToken)
    {
        work(); // the compiler's own time
        var seconds = new List<double>();
        var began = clock.GetTimestamp();
        while (seconds.Count < LeastRounds || clock.GetElapsedTime(began) < s_measuring)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var round = clock.GetTimestamp();
            work();
            seconds.Add(Math.Max(1e-9, clock.GetElapsedTime(round).TotalSeconds));
            if (clock.GetElapsedTime(began) >= 2 * s_measuring) break;
        }

        seconds.Sort();
        return seconds[seconds.Count / 2];
    }

    // A hole of the file is zeros that take no disk.
    private static void Write(string path, WeightFormat format)
    {
        using var stream = File.Create(path);
        GgufWriter.Write(stream, [], [new("zeros", format, [Columns, Rows], to =>
        {
            to.SetLength(to.Position + format.BytesOf((long)Columns * Rows));
            to.Position = to.Length;
        })]);
    }
}
