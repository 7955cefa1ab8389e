using System.IO.Pipelines;
using System.Security.Authentication;
using Jtfa.Interfaces;

namespace Jtfa.Silo.Tests.Cluster;

/// <summary>How both ends of a connection come to know that the other one knows the key.</summary>
public sealed class ConnectionKeyTests
{
    private const int TestTimeout = 60_000;

    private static readonly ClusterSecret s_secret = new(new string('a', 40));
    private static readonly ClusterSecret s_other = new(new string('b', 40));

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact(Timeout = TestTimeout)]
    public async Task Ends_with_one_key_agree_and_what_follows_is_left_to_them()
    {
        var (one, two) = Connection();
        var accepting = s_secret.Silos.AcceptAsync(two, "one", Cancel);
        await s_secret.Silos.ConnectAsync(one, "two", Cancel);
        await accepting;

        await one.Output.WriteAsync("what follows"u8.ToArray(), Cancel);
        var read = await two.Input.ReadAsync(Cancel);
        Assert.Equal("what follows"u8.Length, read.Buffer.Length);
    }

    [Fact(Timeout = TestTimeout)]
    public async Task Ends_with_different_keys_refuse_each_other_and_the_keys_of_a_secret_differ()
    {
        (ConnectionKey Connects, ConnectionKey Accepts)[] pairs =
        [
            (s_other.Silos, s_secret.Silos), (s_secret.Clients, s_secret.Silos), (s_secret.Silos, s_secret.Clients),
            (ConnectionKey.OfClients(s_other.ClientSecret), s_secret.Clients),
        ];
        foreach (var (connects, accepts) in pairs)
        {
            var (one, two) = Connection();
            var accepting = accepts.AcceptAsync(two, "one", Cancel);
            await Assert.ThrowsAsync<AuthenticationException>(() => connects.ConnectAsync(one, "two", Cancel));
            await one.Output.CompleteAsync();
            await Assert.ThrowsAsync<AuthenticationException>(() => accepting);
        }
    }

    [Fact(Timeout = TestTimeout)]
    public async Task A_client_knows_its_key_by_its_secret_in_either_case()
    {
        var (one, two) = Connection();
        var accepting = s_secret.Clients.AcceptAsync(two, "one", Cancel);
        await ConnectionKey.OfClients(s_secret.ClientSecret.ToUpperInvariant()).ConnectAsync(one, "two", Cancel);
        await accepting;
    }

    [Fact(Timeout = TestTimeout)]
    public async Task What_one_connection_said_is_of_no_use_on_another()
    {
        // A listener between two ends keeps what the connecting one says, and says it again.
        var ((one, listener), (speaker, two)) = (Connection(), Connection());
        var accepting = s_secret.Silos.AcceptAsync(two, "listener", Cancel);
        var connecting = s_secret.Silos.ConnectAsync(one, "listener", Cancel);
        var hello = await PassAsync(listener.Input, speaker.Output, 37);
        await PassAsync(speaker.Input, listener.Output, 69);
        var proof = await PassAsync(listener.Input, speaker.Output, 32);
        await Task.WhenAll(accepting, connecting);

        var (again, three) = Connection();
        var refusing = s_secret.Silos.AcceptAsync(three, "listener", Cancel);
        await again.Output.WriteAsync((byte[])[.. hello, .. proof], Cancel);
        await Assert.ThrowsAsync<AuthenticationException>(() => refusing);
    }

    [Theory(Timeout = TestTimeout)]
    [InlineData("GET / HTTP/1.1\r\nHost: silo\r\n\r\nsome more of it")]
    [InlineData("jtfa1")]
    [InlineData("")]
    public async Task Whoever_speaks_otherwise_or_ends_early_is_refused(string said)
    {
        var (one, two) = Connection();
        var accepting = s_secret.Silos.AcceptAsync(two, "one", Cancel);
        await one.Output.WriteAsync(System.Text.Encoding.ASCII.GetBytes(said), Cancel);
        await one.Output.CompleteAsync();
        await Assert.ThrowsAsync<AuthenticationException>(() => accepting);
    }

    [Fact(Timeout = TestTimeout)]
    public async Task Whoever_says_nothing_is_given_up_on()
    {
        var (_, two) = Connection();
        await Assert.ThrowsAsync<AuthenticationException>(() => s_secret.Silos.AcceptAsync(two, "one", Cancel));
    }

    [Theory]
    [InlineData("")]
    [InlineData("short")]
    [InlineData("zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz")]
    public void What_is_no_secret_is_refused_without_being_told(string text)
    {
        var refusal = Assert.Throws<ArgumentException>(() => ConnectionKey.OfClients(text));
        Assert.DoesNotContain("zzzz", refusal.Message, StringComparison.Ordinal);
        if (text.Length < ClusterSecret.LeastLength) Assert.Throws<ArgumentException>(() => new ClusterSecret(text));
    }

    private static async Task<byte[]> PassAsync(PipeReader from, PipeWriter to, int count)
    {
        var read = await from.ReadAtLeastAsync(count, Cancel);
        var bytes = new byte[count];
        System.Buffers.BuffersExtensions.CopyTo(read.Buffer.Slice(0, count), bytes);
        from.AdvanceTo(read.Buffer.GetPosition(count));
        await to.WriteAsync(bytes, Cancel);
        return bytes;
    }

    private static (IDuplexPipe One, IDuplexPipe Two) Connection()
    {
        var (there, back) = (new Pipe(), new Pipe());
        return (new End(back.Reader, there.Writer), new End(there.Reader, back.Writer));
    }

    private sealed record End(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
