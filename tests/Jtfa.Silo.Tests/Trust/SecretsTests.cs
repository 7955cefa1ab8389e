using Jtfa.Interfaces;
using Jtfa.Silo.Cameras;
using Jtfa.Silo.Cameras.Sources;

namespace Jtfa.Silo.Tests.Trust;

public sealed class SecretsTests
{
    [Theory]
    [InlineData("http://admin:S3cret@10.0.0.1:80/cam.mjpg", "http://***@10.0.0.1:80/cam.mjpg")]
    [InlineData("RTSP://admin:S3cret@cam.local/live", "RTSP://***@cam.local/live")]
    [InlineData("rtsp://S3cret@cam.local", "rtsp://***@cam.local")]
    [InlineData("rtsp://admin:p@S3cret@cam.local/live", "rtsp://***@cam.local/live")]
    [InlineData("rtsp://admin:S3cret/x@cam.local/live", "rtsp://***@cam.local/live")]
    [InlineData("rtsp://admin:S3?cret#x@cam.local/live", "rtsp://***@cam.local/live")]
    [InlineData("rtsp://admin:p@x/S3cret@cam.local/live", "rtsp://***@cam.local/live")]
    [InlineData("rtsp://admin:my S3cret@cam.local/live", "rtsp://***@cam.local/live")]
    [InlineData("rtsp://ad%6Din:S3%63ret@[fd00::5%25eth0]:554/live?x=1", "rtsp://***@[fd00::5%25eth0]:554/live?x=1")]
    [InlineData("concat:http://a:S3cret@h/1|http://b:S3cret@h/2", "concat:http://***@h/1|http://***@h/2")]
    [InlineData("'http://a:S3cret@h/': 401; tcp://b:S3cret@i failed", "'http://***@h/': 401; tcp://***@i failed")]
    [InlineData("no file '/srv/http:/a:S3cret@h/x'", "no file '/srv/http:/***@h/x'")]
    [InlineData("http://h/v.cgi?user=u&pwd=S3cret&ch=1", "http://h/v.cgi?user=u&pwd=***&ch=1")]
    [InlineData("http://h/v?p%61ssword=S3cret#a", "http://h/v?p%61ssword=***#a")]
    [InlineData("http://h/v?ch=1;API_Key=S3cret;x=2", "http://h/v?ch=1;API_Key=***;x=2")]
    [InlineData("http://h/v?X-Amz-Signature=S3cret&X-Amz-Date=5", "http://h/v?X-Amz-Signature=***&X-Amz-Date=5")]
    [InlineData("http://h/v?loginuse=u&loginpas=S3cret", "http://h/v?loginuse=u&loginpas=***")]
    [InlineData("rtsp://h/user=u&password=S3cret&channel=1.sdp", "rtsp://h/user=u&password=***&channel=1.sdp")]
    [InlineData("rtsp://h/user=u_password=S3cret_channel=1.sdp", "rtsp://h/user=u_password=***")]
    [InlineData("srt://h:9000?mode=caller&passphrase=S3cret", "srt://h:9000?mode=caller&passphrase=***")]
    [InlineData("http://h/?next=rtsp://u:S3cret@i/", "http://h/?next=rtsp://***@i/")]
    [InlineData("Authorization: Basic S3cret==", "Authorization: ***")]
    [InlineData("x-api-key:S3cret", "x-api-key: ***")]
    [InlineData("Host=h;Username=u;Password=S3cret two;Database=d", "Host=h;Username=u;Password=***;Database=d")]
    [InlineData("Host=h;pwd='S3c;ret'; x=1", "Host=h;pwd=***; x=1")]
    [InlineData("postgres://u:S3cret@h/db", "postgres://***@h/db")]
    public void A_secret_is_hidden_and_the_rest_is_shown(string text, string shown) => Assert.Equal(shown, Secrets.Mask(text));

    [Theory]
    [InlineData("HTTP on http://[::]:5080, with the token that 'jtfa doctor' shows")]
    [InlineData("http://fusion.local:5080: no answer from cam@home")]
    [InlineData("no silo answers at http://127.0.0.1:5080 (refused): name it with --server")]
    [InlineData("rtsp://cam.local/live@2x?ch=1&subtype=0")]
    [InlineData("A token is needed: Authorization: Bearer <token>. 'jtfa doctor' shows it")]
    [InlineData("Jtfa:Scenes:0:K=9: allowed is 1 … 4; Jtfa:Http:TokenFile is empty: allowed is a file's path")]
    [InlineData("/dev/video0")]
    [InlineData("C:\\films\\a@b.mp4")]
    public void What_has_no_secret_stays_as_it_is(string text) => Assert.Equal(text, Secrets.Mask(text));

    [Theory]
    [InlineData("-f mjpeg -headers \"Authorization: Basic S3cret\" -re", "-f mjpeg -headers *** -re")]
    [InlineData("-password S3cret -framerate 5", "-password *** -framerate 5")]
    [InlineData("-cookies 'a=S3cret; path=/'", "-cookies ***")]
    [InlineData("-http_proxy http://u:S3cret@proxy:3128 -f mjpeg", "-http_proxy http://***@proxy:3128 -f mjpeg")]
    [InlineData("-headers \"X-Api-Key: S3cret", "-headers ***")]
    [InlineData("-decryption_key S3cret", "-decryption_key ***")]
    public void The_values_of_options_that_sound_like_a_secret_are_hidden(string options, string shown) =>
        Assert.Equal(shown, Secrets.MaskOptions(options));

    [Fact]
    public void What_ffmpeg_says_of_its_words_is_without_them()
    {
        var secrets = new FfmpegSecrets(
        [
            "-headers", "Authorization: Basic YWRtaW46aHVudGVyMg==", "-rtsp_transport", "tcp", "-password", "opt1on", "-i",
            "http://admin:p%40ssw0rd@h/?token=t0ken&x=visible",
        ]);
        foreach (var secret in new[] { "YWRtaW46aHVudGVyMg==", "opt1on", "p%40ssw0rd", "p@ssw0rd", "t0ken", "admin:p@ssw0rd" })
            Assert.Equal("Cannot use ***.", secrets.Mask($"Cannot use {secret}."));
        Assert.Equal("tcp of visible", secrets.Mask("tcp of visible"));
    }

    [Fact]
    public void A_cameras_fault_and_its_status_have_none()
    {
        var inner = new IOException("about http://a:S3cret@h");
        Assert.Equal("no frame of 'http://***@h/x'", new CameraFaultException("no frame of 'http://a:S3cret@h/x'", inner).Message);
        var config = new CameraConfig
        {
            Source = new FrameSourceConfig { Path = "rtsp://a:S3cret@h", InputOptions = "-password S3cret" },
        };
        Assert.DoesNotContain("S3cret", config.WithoutSecrets().ToString());
        Assert.Equal(config.WithoutSecrets(), config.WithoutSecrets().WithoutSecrets());
        var plain = new CameraConfig { Source = new FrameSourceConfig { Path = "/dev/video0", InputOptions = "-f v4l2 -framerate 30" } };
        Assert.Equal(plain, plain.WithoutSecrets());
    }

    // Whatever is around it: a text with an address of random parts never shows the password.
    [Fact]
    public void An_address_of_any_parts_hides_its_password()
    {
        var random = new Random(20261128);
        string[] schemes = ["http", "RTSP", "srt", "rtmps", "tcp"], hosts = ["h", "[::1]:5", "10.0.0.1:554", "cam-1.local"];
        const string odd = "@:/?#%&=;,._-~!$()*+[] \\^{}|é";
        for (var round = 0; round < 20_000; round++)
        {
            var noise = string.Concat(Enumerable.Range(0, random.Next(4)).Select(_ => odd[random.Next(odd.Length)]));
            if ($":{noise}".Contains("://", StringComparison.Ordinal)) continue; // then it holds an address, by its looks
            var user = random.Next(3) == 0 ? "" : "admin";
            var address = $"{schemes[random.Next(schemes.Length)]}://{user}:{noise}S3cret{noise}@{hosts[random.Next(hosts.Length)]}/x";
            Assert.DoesNotContain("S3cret", Secrets.Mask(address));
            Assert.DoesNotContain("S3cret", Secrets.Mask($"Camera a/b stopped: ffmpeg on '{address}' ended: {address}: Not found"));
        }
    }
}
