using Jtfa.Core;

namespace Jtfa.Silo.Cameras;

/// <summary>
/// Whether a camera's gateway answers. A gateway sends a receipt for a token eight times a second, or for each where tokens are rarer; a
/// gateway that has died, hangs or cannot be reached sends none. Used by one caller at a time.
/// </summary>
/// <param name="view">The camera's view.</param>
/// <param name="identity">The camera's; null takes receipts without a tag.</param>
/// <param name="clock">The clock.</param>
internal sealed class GatewayAnswers(int view, CameraIdentity? identity, TimeProvider clock)
{
    /// <summary>Silent for so long while tokens are sent, it is taken for gone: three receipts in a row may be lost.</summary>
    public static readonly TimeSpan Silence = TimeSpan.FromMilliseconds(500);

    private const int LeastUnanswered = 2;

    private long? _newest;
    private long _unansweredSince;
    private int _unanswered;

    /// <summary>Whether tokens were sent for so long and no receipt came.</summary>
    public bool IsSilentFor(TimeSpan time) => _unanswered >= LeastUnanswered && clock.GetElapsedTime(_unansweredSince) >= time;

    /// <summary>Begins anew, with another gateway.</summary>
    public void Reset() => _unanswered = 0;

    /// <summary>A token was sent.</summary>
    public void NoteSent()
    {
        if (_unanswered++ == 0) _unansweredSince = clock.GetTimestamp();
    }

    /// <summary>Looks at what came from the gateway.</summary>
    /// <returns>The receipt; null where it is none, or is not for this run of the camera, or was seen before.</returns>
    public Receipt? Take(ReadOnlySpan<byte> datagram)
    {
        if (!ReceiptCodec.TryParse(datagram, out var receipt) || receipt.View != view) return null;

        // Somebody may have recorded receipts while the gateway lived.
        if (identity is not null && !(identity.IsMine(receipt, datagram) && receipt.Sequence is { } sequence && sequence > (_newest ?? -1)))
            return null;
        (_newest, _unanswered) = (receipt.Sequence, 0);
        return receipt;
    }
}
