using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Jtfa.Interfaces;
using Microsoft.Extensions.Logging;
using MQTTnet;
using MQTTnet.Formatter;
using MQTTnet.Protocol;

namespace Jtfa.Silo.Notifications;

/// <summary>
/// Tells decisions to a broker by MQTT, one after the other, each once the broker has the one before (QoS 1), and retained: whoever
/// subscribes later gets the last one at once.
/// </summary>
internal sealed partial class MqttNotifier(
    MqttOptions options, string clientId, TimeProvider clock, ILogger<MqttNotifier> logger)
    : Notifier("mqtt", options.QueueLimit, options.OnlyChanges, clock)
{
    private const string Online = "online";
    private const string Offline = "offline";

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    private readonly MqttTopics _topics = new(options.Topic, options.DiscoveryPrefix, clientId);
    private readonly MqttClientFactory _factory = new();
    private Decision? _current; // taken from the queue and not yet at the broker
    private string? _told;

    /// <inheritdoc />
    [SuppressMessage("Design", "CA1031", Justification = "Whatever ends a connection, another is tried; it is told.")]
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            try
            {
                using var client = _factory.CreateMqttClient();
                await ServeAsync(client, stoppingToken);
                return;
            }
            catch (Exception fault) when (!stoppingToken.IsCancellationRequested)
            {
                Tell(fault);
            }

            await WaitToRetryAsync(stoppingToken);
        }
    }

    private async Task ServeAsync(IMqttClient client, CancellationToken stop)
    {
        var lost = new TaskCompletionSource<Exception>(TaskCreationOptions.RunContinuationsAsynchronously);
        client.DisconnectedAsync += end =>
        {
            lost.TrySetResult(new IOException($"the connection ended ({end.Exception?.Message ?? end.ReasonString ?? $"{end.Reason}"})"));
            return Task.CompletedTask;
        };
        await ConnectAsync(client, stop);
        await PublishAsync(client, _topics.Availability, Encoding.UTF8.GetBytes(Online), stop);
        if (HasRecovered()) LogBack(options.Address!.Host);
        _told = null;
        var announced = new HashSet<string>();
        while (await NextAsync(lost.Task, stop) is { } decision)
        {
            if (announced.Add(decision.Scene))
                foreach (var (topic, payload) in _topics.Discovery(decision.Scene))
                    await PublishAsync(client, topic, Encoding.UTF8.GetBytes(payload), stop);
            await PublishAsync(
                client, _topics.Decision(decision.Scene), JsonSerializer.SerializeToUtf8Bytes(decision, JtfaJson.Options), stop);
            _current = null;
            Counters.CountSent();
        }

        // A connection that ends in order leaves the broker nothing to say.
        await PublishAsync(client, _topics.Availability, Encoding.UTF8.GetBytes(Offline), stop);
        await client.DisconnectAsync(new MqttClientDisconnectOptions(), stop);
    }

    // null: there will be none any more.
    private async Task<Decision?> NextAsync(Task<Exception> lost, CancellationToken stop)
    {
        while (_current is null)
        {
            var waiting = Queue.WaitAsync(stop);
            if (await Task.WhenAny(waiting, lost) == lost) throw await lost;
            if (!await waiting) return null;
            Queue.TryNext(out _current);
        }

        return _current;
    }

    private async Task ConnectAsync(IMqttClient client, CancellationToken stop)
    {
        var address = options.Address!;
        var port = address.Port > 0 ? address.Port : options.IsEncrypted ? 8883 : 1883;
        var connection = new MqttClientOptionsBuilder()
            .WithTcpServer(address.Host, port)
            .WithProtocolVersion(MqttProtocolVersion.V311)
            .WithClientId(clientId)
            .WithCleanSession()
            .WithTimeout(s_patience)
            .WithKeepAlivePeriod(s_patience)
            .WithWillTopic(_topics.Availability)
            .WithWillPayload(Offline)
            .WithWillRetain()
            .WithWillQualityOfServiceLevel(MqttQualityOfServiceLevel.AtLeastOnce);
        if (options.User is { } user) connection.WithCredentials(user, options.Password ?? "");
        if (options.IsEncrypted)
        {
            connection.WithTlsOptions(tls =>
            {
                tls.UseTls().WithTargetHost(address.Host);
                if (options.CaFile is not { } file) return;
                var signers = new X509Certificate2Collection();
                signers.ImportFromPemFile(file);
                tls.WithTrustChain(signers);
            });
        }

        var answer = await client.ConnectAsync(connection.Build(), stop);
        if (answer.ResultCode != MqttClientConnectResultCode.Success) throw new IOException($"it refuses this silo: {answer.ResultCode}");
    }

    private async Task PublishAsync(IMqttClient client, string topic, byte[] payload, CancellationToken stop)
    {
        var message = new MqttApplicationMessageBuilder().WithTopic(topic).WithPayload(payload).WithRetainFlag()
            .WithQualityOfServiceLevel(MqttQualityOfServiceLevel.AtLeastOnce).Build();
        var answer = await client.PublishAsync(message, stop).WaitAsync(s_patience, Clock, stop);
        if (!answer.IsSuccess) throw new IOException($"it does not take {topic}: {answer.ReasonCode}");
    }

    // Once for each reason: it may be away for days.
    private void Tell(Exception fault)
    {
        var reason = Secrets.Mask((fault.InnerException ?? fault).Message.ReplaceLineEndings(" "));
        if (reason == _told) return;
        _told = reason;
        LogAway(options.Address!.Host, reason);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The MQTT broker {Host} is not told of decisions: {Reason}. It is tried again")]
    private partial void LogAway(string host, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "The MQTT broker {Host} is told of decisions again")]
    private partial void LogBack(string host);
}
