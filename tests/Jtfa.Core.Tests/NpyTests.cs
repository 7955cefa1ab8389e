using System.Text;

namespace Jtfa.Core.Tests;

public class NpyTests
{
    private const string ValidHeader = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }\n";

    public static TheoryData<string> MalformedHeaders =>
    [
        "", "{", "}", "{}", "()", "'descr'", "{'descr'}", "{'descr': }", "{'descr': '<f4'}",
        "{'descr': '<f4, 'fortran_order': False, 'shape': (6,)}",
        "{'descr': '<f4' 'fortran_order': False, 'shape': (6,)}", "{'descr': '<f4', 'fortran_order': 0, 'shape': (6,)}",
        "{'descr': '<f4', 'fortran_order': Falsy, 'shape': (6,)}", "{'descr': '<f4', 'fortran_order': False, 'shape': 6}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (6}", "{'descr': '<f4', 'fortran_order': False, 'shape': (-6,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (6 6)}", "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (6,), 'more': 1}", "{'descr': '<f4', 'fortran_order': False, 'shape': (6,)} x",
        "{'descr': '<<f4', 'fortran_order': False, 'shape': (6,)}", "{'descr': '<c8', 'fortran_order': False, 'shape': (6,)}",
        "{'descr': '', 'fortran_order': False, 'shape': (6,)}", "{'descr': '<', 'fortran_order': False, 'shape': (6,)}",
        "{'descr': '<f3', 'fortran_order': False, 'shape': (6,)}", "{'descr': '<U4', 'fortran_order': False, 'shape': (6,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (6l,)}", "{'descr': '<f4', 'fortran_order': False, 'shape': (L,)}",
        "{'descr': '|O', 'fortran_order': False, 'shape': (6,)}", "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (6,)}",
    ];

    [Fact]
    public void What_is_written_is_read()
    {
        (float[], int[])[] arrays = [([1, -2.5f, float.NaN], [3]), ([7], []), ([], [0, 5]), ([1, 2, 3, 4, 5, 6], [1, 2, 3])];
        foreach (var (values, shape) in arrays)
        {
            using var stream = new MemoryStream();
            Npy.Write(stream, values, shape);
            Assert.Equal(0, (stream.Length - (values.Length * sizeof(float))) % 64); // data aligned, as the format asks
            stream.Position = 0;

            var array = Npy.Read(stream);

            Assert.Equal(shape, array.Shape);
            Assert.Equal(values, array.ToSingles());
            Assert.Equal(stream.Length, stream.Position);
        }
    }

    [Fact]
    public void A_shape_that_does_not_hold_the_values_is_refused()
    {
        foreach (var shape in new int[][] { [5], [2, 2], [-2, -3], [] })
            Assert.Throws<ArgumentException>(() => NpyArray.FromSingles(new float[6], shape));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void All_versions_are_read(byte version) => Assert.Equal([2, 3], Read(File(ValidHeader, 24, version)).Shape);

    [Fact]
    public void A_header_may_be_spelt_otherwise() =>
        Assert.Equal([2, 3], Read(File("{\"shape\":(2,3),\"fortran_order\":True,\"descr\":\"<f4\"}", 24)).Shape);

    [Theory]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (2L, 3L), }")] // Python 2's
    [InlineData("{u'descr': u'<f4', u'fortran_order': False, u'shape': (2, 3 L)}")]
    [InlineData("  { 'shape' :\t( 2 ,\n3 , ) , 'fortran_order':False,'descr'  : 'float32' , }  \n\n")]
    [InlineData("{'descr': '>f4', 'fortran_order': False, 'shape': (2, 3)}")]
    [InlineData("{'descr': '=f4', 'fortran_order': False, 'shape': (2, 3)}")]
    [InlineData("{'descr': 'f', 'fortran_order': False, 'shape': (2, 3)}")]
    public void Headers_that_numpy_reads_are_read(string header) => Assert.Equal([2, 3], Read(File(header, 24)).Shape);

    [Fact]
    public void Types_that_are_no_numbers_say_what_to_do()
    {
        foreach (var descr in new[] { "'<U5'", "'|O'", "'|S3'", "'<c16'", "'<M8[s]'", "'|V4'", "[('a', '<f4')]" })
        {
            var header = $"{{'descr': {descr}, 'fortran_order': False, 'shape': (6,)}}";
            var fault = Assert.Throws<InvalidDataException>(() => Read(File(header, 24)));
            Assert.Contains("save numbers, as with astype('float32')", fault.Message);
        }
    }

    [Fact]
    public void An_array_of_no_elements_may_have_other_dimensions_of_any_length() =>
        Assert.Equal(0, Read(File("{'descr': '<f4', 'fortran_order': False, 'shape': (2147483647, 2147483647, 0)}", 0)).Length);

    [Fact]
    public void A_pointer_of_git_lfs_is_told()
    {
        var fault = Assert.Throws<InvalidDataException>(() => Read("version https://git-lfs.github.com/spec/v1\noid"u8.ToArray()));
        Assert.Contains("run 'git lfs pull'", fault.Message);
    }

    [Theory, MemberData(nameof(MalformedHeaders))]
    public void A_malformed_or_unsupported_header_is_invalid(string header) =>
        Assert.Throws<InvalidDataException>(() => Read(File(header, 24)));

    [Fact]
    public void Every_part_of_a_file_is_invalid()
    {
        var file = File(ValidHeader, 24);
        for (var length = 0; length < file.Length; length++) Assert.Throws<InvalidDataException>(() => Read(file[..length]));
        Assert.Equal(6, Read(file).Length);
    }

    [Theory]
    [InlineData("{'descr': '<f8', 'fortran_order': False, 'shape': (30000000,), }")]
    [InlineData("{'descr': '<f8', 'fortran_order': False, 'shape': (2147483647, 2147483647, 2147483647), }")]
    [InlineData("{'descr': '|i1', 'fortran_order': True, 'shape': (2147483647,), }")]
    public void A_shape_beyond_the_data_costs_no_memory(string header)
    {
        var file = File(header, 100);
        ExpectInvalidAtLittleCost(() => Read(file));
        ExpectInvalidAtLittleCost(() => Npy.Read(new ForwardStream(file)));
    }

    [Fact]
    public void A_header_length_beyond_the_data_costs_no_memory()
    {
        var file = File(ValidHeader, 24, version: 2);
        new byte[] { 0xff, 0xff, 0xff, 0x7f }.CopyTo(file, 8);
        ExpectInvalidAtLittleCost(() => Read(file));
    }

    [Fact]
    public void A_stream_without_length_is_read_whole()
    {
        var values = Enumerable.Range(0, 100_000).Select(i => (float)i).ToArray();
        using var stream = new MemoryStream();
        Npy.Write(stream, values, 1000, 100);

        Assert.Equal(values, Npy.Read(new ForwardStream(stream.ToArray())).ToSingles());
    }

    [Fact]
    public void Mutated_files_are_read_or_invalid()
    {
        var (random, file) = (new Random(5), File(ValidHeader, 24));
        var invalid = 0;
        for (var round = 0; round < 20_000; round++)
        {
            var mutant = file.ToArray();
            for (var mutations = random.Next(1, 4); mutations > 0; mutations--) mutant[random.Next(mutant.Length)] = (byte)random.Next(256);
            try
            {
                Assert.Equal(Read(mutant).Length, Read(mutant).ToSingles().Length);
            }
            catch (InvalidDataException)
            {
                invalid++;
            }
        }
        Assert.InRange(invalid, 5_000, 19_999);
    }

    private static void ExpectInvalidAtLittleCost(Action read)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Throws<InvalidDataException>(read);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 200_000);
    }

    private static NpyArray Read(byte[] file) => Npy.Read(new MemoryStream(file));

    private static byte[] File(string header, int dataBytes, byte version = 1)
    {
        byte[] length = version == 1 ? [(byte)header.Length, 0] : [(byte)header.Length, 0, 0, 0];
        return [0x93, .. "NUMPY"u8, version, 0, .. length, .. Encoding.Latin1.GetBytes(header), .. new byte[dataBytes]];
    }

    /// <summary>A stream that cannot say how long it is, as a compressed zip entry is.</summary>
    private sealed class ForwardStream(byte[] bytes) : MemoryStream(bytes)
    {
        public override bool CanSeek => false;

        public override long Length => throw new NotSupportedException();
    }
}
