using Jtfa.Silo.Trust;

namespace Jtfa.Silo.Tests.Trust;

public sealed class ViewKeysTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("jtfa-keys-");

    private string KeyFile => Path.Combine(_folder.FullName, "views.keys");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void Keys_come_from_the_file_and_the_configuration_the_newest_first()
    {
        var (old, next, other) = (ViewKeys.NewLine("hall/of fame", 3), ViewKeys.NewLine("hall/of fame", 3), ViewKeys.NewLine("yard", 0));
        SecretFile.Create(KeyFile, $"# the keys of the hall\n{old}\n\n  {next}  ");
        var keys = new ViewKeys(new ViewKeysOptions { File = KeyFile, Views = [other] });

        Assert.Equal([KeyOf(next), KeyOf(old)], keys.Of("hall/of fame", 3).Select(Text));
        Assert.Equal([KeyOf(other)], keys.Of("yard", 0).Select(Text));
        Assert.Empty(keys.Of("yard", 3));
        Assert.Equal(3, Assert.Single(keys.ViewsOf("hall/of fame")));
    }

    [Theory]
    [InlineData("yard/0")]
    [InlineData("yard 0 {0}")]
    [InlineData("yard/x {0}")]
    [InlineData("yard/-1 {0}")]
    [InlineData("yard/0 {0}A")]
    [InlineData("yard/0 {0} {0}")]
    [InlineData("{0}")]
    public void A_line_that_is_no_key_is_named_and_not_shown(string line)
    {
        var key = KeyOf(ViewKeys.NewLine("yard", 0));
        SecretFile.Create(KeyFile, "# first\n" + line.Replace("{0}", key, StringComparison.Ordinal));
        var fault = Assert.Throws<InvalidDataException>(() => new ViewKeys(new ViewKeysOptions { File = KeyFile }));
        Assert.StartsWith($"{KeyFile}:2: allowed is", fault.Message);
        Assert.DoesNotContain(key, fault.Message);
    }

    [Fact]
    public void A_third_key_of_a_view_is_refused()
    {
        List<string> lines = [.. Enumerable.Range(0, 3).Select(_ => ViewKeys.NewLine("yard", 0))];
        var fault = Assert.Throws<InvalidDataException>(() => new ViewKeys(new ViewKeysOptions { Views = lines }));
        Assert.Equal("Jtfa:Keys:Views:2: yard/0 has 2 keys already: delete the oldest line of it", fault.Message);
    }

    [Fact]
    public void A_file_that_others_may_read_or_that_is_not_there_is_refused()
    {
        Assert.Contains("'jtfa key new' makes one", Fault());
        File.WriteAllText(KeyFile, ViewKeys.NewLine("yard", 0));
        if (OperatingSystem.IsWindows()) return;
        File.SetUnixFileMode(KeyFile, UnixFileMode.UserRead | UnixFileMode.OtherRead);
        Assert.Contains("chmod 600", Fault());
        File.SetUnixFileMode(KeyFile, UnixFileMode.UserRead);
        Assert.Single(new ViewKeys(new ViewKeysOptions { File = KeyFile }).Of("yard", 0));

        string Fault() => Assert.Throws<InvalidDataException>(() => new ViewKeys(new ViewKeysOptions { File = KeyFile })).Message;
    }

    [Fact]
    public void An_epoch_only_grows_with_any_clock_and_is_not_less_than_the_time_where_its_file_was_lost()
    {
        var clock = new ManualClock();
        var time = (uint)clock.GetUtcNow().ToUnixTimeSeconds();
        Assert.Equal(time, Next());
        Assert.Equal(time + 1, Next());
        clock.Set(-TimeSpan.FromDays(20_000)); // a machine without a battery for its clock
        Assert.Equal(time + 2, Next());
        clock.Set(TimeSpan.FromDays(20_000) + TimeSpan.FromHours(1));
        Assert.Equal(time + 3600, Next());
        Assert.Equal(time + 3600, EpochFile.Next(_folder.FullName, "yard", 2, clock)); // another view
        File.WriteAllText(Path.Combine(_folder.FullName, "jtfa-yard-1.epoch"), $"{uint.MaxValue - 1}");
        Assert.Equal(uint.MaxValue, Next());
        Assert.Contains("change the view's key", Assert.Throws<InvalidDataException>(() => Next()).Message);
        File.WriteAllText(Path.Combine(_folder.FullName, "jtfa-yard-1.epoch"), "x");
        Assert.Contains("holds no epoch: delete it", Assert.Throws<InvalidDataException>(() => Next()).Message);

        uint Next() => EpochFile.Next(_folder.FullName, "yard", 1, clock);
    }

    private static string KeyOf(string line) => line[(line.LastIndexOf(' ') + 1)..];

    private static string Text(byte[] key) => System.Buffers.Text.Base64Url.EncodeToString(key);
}
