import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sedmelluq.discord.lavaplayer.container.MediaContainerRegistry;
import com.sedmelluq.discord.lavaplayer.player.AudioLoadResultHandler;
import com.sedmelluq.discord.lavaplayer.player.AudioPlayer;
import com.sedmelluq.discord.lavaplayer.player.AudioPlayerManager;
import com.sedmelluq.discord.lavaplayer.player.DefaultAudioPlayerManager;
import com.sedmelluq.discord.lavaplayer.player.event.AudioEventAdapter;
import com.sedmelluq.discord.lavaplayer.source.AudioSourceManager;
import com.sedmelluq.discord.lavaplayer.source.http.HttpAudioSourceManager;
import com.sedmelluq.discord.lavaplayer.source.local.LocalAudioSourceManager;
import com.sedmelluq.discord.lavaplayer.tools.FriendlyException;
import com.sedmelluq.discord.lavaplayer.tools.io.MessageInput;
import com.sedmelluq.discord.lavaplayer.tools.io.MessageOutput;
import com.sedmelluq.discord.lavaplayer.track.AudioItem;
import com.sedmelluq.discord.lavaplayer.track.AudioPlaylist;
import com.sedmelluq.discord.lavaplayer.track.AudioReference;
import com.sedmelluq.discord.lavaplayer.track.AudioTrack;
import com.sedmelluq.discord.lavaplayer.track.AudioTrackEndReason;
import com.sedmelluq.discord.lavaplayer.track.AudioTrackInfo;
import com.sedmelluq.discord.lavaplayer.track.BaseAudioTrack;
import com.sedmelluq.discord.lavaplayer.track.playback.AudioFrame;
import com.sedmelluq.discord.lavaplayer.track.playback.LocalAudioTrackExecutor;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/** Answers each line of JSON on standard input with one on standard output, by what lavaplayer makes of it. */
public final class Lavaplayer {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final AudioPlayerManager MANAGER = new DefaultAudioPlayerManager();

  /** A source that keeps nothing of its own in a track, as YouTube's, SoundCloud's and most others do. */
  private record PlainSource(String name) implements AudioSourceManager {
    @Override
    public String getSourceName() {
      return name;
    }

    @Override
    public AudioItem loadItem(AudioPlayerManager manager, AudioReference reference) {
      return null;
    }

    @Override
    public boolean isTrackEncodable(AudioTrack track) {
      return true;
    }

    @Override
    public void encodeTrack(AudioTrack track, DataOutput output) {}

    @Override
    public AudioTrack decodeTrack(AudioTrackInfo info, DataInput input) {
      return new PlainTrack(info, this);
    }

    @Override
    public void shutdown() {}
  }

  /** A track that is only written and read. */
  private static final class PlainTrack extends BaseAudioTrack {
    private final AudioSourceManager source;

    PlainTrack(AudioTrackInfo info, AudioSourceManager source) {
      super(info);
      this.source = source;
    }

    @Override
    public void process(LocalAudioTrackExecutor executor) {
      throw new UnsupportedOperationException();
    }

    @Override
    public AudioSourceManager getSourceManager() {
      return source;
    }
  }

  public static void main(String[] arguments) throws IOException {
    // Any unit of UTF-16 can be in a title, and only some can be in UTF-8.
    JSON.getFactory().enable(JsonGenerator.Feature.ESCAPE_NON_ASCII);
    MANAGER.registerSourceManager(new HttpAudioSourceManager(MediaContainerRegistry.DEFAULT_REGISTRY));
    MANAGER.registerSourceManager(new LocalAudioSourceManager(MediaContainerRegistry.DEFAULT_REGISTRY));
    for (String name : arguments) MANAGER.registerSourceManager(new PlainSource(name));
    BufferedReader input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    PrintStream output = new PrintStream(System.out, true, StandardCharsets.US_ASCII);
    for (String line = input.readLine(); line != null; line = input.readLine()) {
      output.println(JSON.writeValueAsString(answer(JSON.readTree(line))));
    }
    // The managers' threads would keep the process.
    System.exit(0);
  }

  private static JsonNode answer(JsonNode request) {
    try {
      String operation = request.get("operation").asText();
      return switch (operation) {
        case "decode" -> describe(decode(request.get("encoded").asText()));
        case "encode" -> describe(plainTrack(request));
        case "load" -> load(request.get("identifier").asText());
        case "play" -> play(request);
        case "playOver" -> playOver(request.get("encoded"));
        case "endReasons" -> endReasons();
        default -> throw new IllegalArgumentException("no operation " + operation);
      };
    } catch (Exception error) {
      return JSON.createObjectNode().put("error", error.toString());
    }
  }

  private static AudioTrack decode(String encoded) throws IOException {
    byte[] bytes = Base64.getDecoder().decode(encoded);
    AudioTrack track = MANAGER.decodeTrack(new MessageInput(new ByteArrayInputStream(bytes))).decodedTrack;
    if (track == null) throw new IOException("lavaplayer knows no such track");
    return track;
  }

  private static AudioTrack plainTrack(JsonNode request) {
    AudioTrackInfo info = new AudioTrackInfo(
        request.get("title").asText(),
        request.get("author").asText(),
        Long.parseLong(request.get("lengthMs").asText()),
        request.get("identifier").asText(),
        request.get("isStream").asBoolean(),
        textOf(request.get("uri")),
        textOf(request.get("artworkUrl")),
        textOf(request.get("isrc")));
    String sourceName = request.get("sourceName").asText();
    AudioTrack track = new PlainTrack(info, new PlainSource(sourceName));
    track.setPosition(Long.parseLong(request.get("positionMs").asText()));
    return track;
  }

  private static String textOf(JsonNode node) {
    return node.isNull() ? null : node.asText();
  }

  private static ObjectNode describe(AudioTrack track) throws IOException {
    AudioTrackInfo info = track.getInfo();
    ByteArrayOutputStream encoded = new ByteArrayOutputStream();
    MANAGER.encodeTrack(new MessageOutput(encoded), track);
    return JSON.createObjectNode()
        .put("encoded", Base64.getEncoder().encodeToString(encoded.toByteArray()))
        .put("title", info.title)
        .put("author", info.author)
        .put("lengthMs", Long.toString(info.length))
        .put("identifier", info.identifier)
        .put("isStream", info.isStream)
        .put("uri", info.uri)
        .put("artworkUrl", info.artworkUrl)
        .put("isrc", info.isrc)
        .put("sourceName", track.getSourceManager().getSourceName())
        .put("positionMs", Long.toString(track.getPosition()))
        .put("isSeekable", track.isSeekable());
  }

  private static ObjectNode load(String identifier) throws Exception {
    AudioItem[] loaded = new AudioItem[1];
    FriendlyException[] failure = new FriendlyException[1];
    MANAGER.loadItem(identifier, new AudioLoadResultHandler() {
      @Override
      public void trackLoaded(AudioTrack track) {
        loaded[0] = track;
      }

      @Override
      public void playlistLoaded(AudioPlaylist playlist) {
        loaded[0] = playlist;
      }

      @Override
      public void noMatches() {}

      @Override
      public void loadFailed(FriendlyException exception) {
        failure[0] = exception;
      }
    }).get();
    if (failure[0] != null) throw failure[0];
    if (loaded[0] instanceof AudioTrack track) return describe(track);
    throw new IOException("lavaplayer found " + (loaded[0] == null ? "nothing" : "a playlist"));
  }

  /** Plays a track from its position as fast as its frames come, at most so many of them. */
  private static ObjectNode play(JsonNode request) throws Exception {
    AudioTrackEndReason[] reason = new AudioTrackEndReason[1];
    AudioPlayer player = MANAGER.createPlayer();
    player.addListener(new AudioEventAdapter() {
      @Override
      public void onTrackEnd(AudioPlayer which, AudioTrack track, AudioTrackEndReason endReason) {
        reason[0] = endReason;
      }
    });
    AudioTrack track = decode(request.get("encoded").asText());
    player.playTrack(track);
    int limit = request.get("maximumFrames").asInt();
    int frames = 0;
    long firstMs = -1;
    long lastMs = -1;
    while (frames < limit && reason[0] == null) {
      AudioFrame frame = player.provide(10, TimeUnit.SECONDS);
      if (frame == null || frame.isTerminator()) continue;
      frames++;
      if (firstMs < 0) firstMs = frame.getTimecode();
      lastMs = frame.getTimecode();
    }
    ObjectNode answer = JSON.createObjectNode()
        .put("frames", frames)
        .put("firstMs", firstMs)
        .put("lastMs", lastMs)
        .put("positionMs", track.getPosition())
        .put("reason", reason[0] == null ? null : nameOf(reason[0]));
    player.destroy();
    return answer;
  }

  private static ArrayNode playOver(JsonNode tracks) throws IOException {
    ArrayNode told = JSON.createArrayNode();
    AudioPlayer player = MANAGER.createPlayer();
    player.addListener(new AudioEventAdapter() {
      @Override
      public void onTrackStart(AudioPlayer which, AudioTrack track) {
        told.addArray().add("start").add(track.getInfo().title);
      }

      @Override
      public void onTrackEnd(AudioPlayer which, AudioTrack track, AudioTrackEndReason reason) {
        told.addArray().add(nameOf(reason)).add(track.getInfo().title);
      }
    });
    for (JsonNode encoded : tracks) player.playTrack(decode(encoded.asText()));
    player.stopTrack();
    player.destroy();
    return told;
  }

  private static ObjectNode endReasons() {
    ObjectNode reasons = JSON.createObjectNode();
    for (AudioTrackEndReason reason : AudioTrackEndReason.values()) reasons.put(nameOf(reason), reason.mayStartNext);
    return reasons;
  }

  /** As Lavalink writes it: LOAD_FAILED is loadFailed. */
  private static String nameOf(AudioTrackEndReason reason) {
    String[] words = reason.name().toLowerCase(Locale.ROOT).split("_");
    for (int index = 1; index < words.length; index++) {
      words[index] = Character.toUpperCase(words[index].charAt(0)) + words[index].substring(1);
    }
    return String.join("", words);
  }
}
