import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Locale;
import java.util.Properties;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.kstream.KStream;

/**
 * Reads orders such as {"id":"o-1","status":"paid","amountCents":1000}, and writes each with the status in capitals and
 * its VAT: {"id":"o-1","status":"PAID","amountCents":1000,"vatCents":190}. Settings come from the environment.
 */
public final class OrdersEnricher {
  private static final ObjectMapper json = new ObjectMapper();

  public static void main(String[] arguments) {
    var streams = new KafkaStreams(topology(setting("ORDERS_BUG", "none")), settings());
    streams.setStateListener((state, before) -> System.out.println("state: " + state));
    Runtime.getRuntime().addShutdownHook(new Thread(() -> streams.close(Duration.ofSeconds(10))));
    streams.start();
  }

  private static Topology topology(String bug) {
    var builder = new StreamsBuilder();
    KStream<String, ObjectNode> orders =
        builder.<String, String>stream(setting("ORDERS_TOPIC", "orders")).mapValues(OrdersEnricher::parse);
    if (bug.equals("drops-cancelled")) {
      orders = orders.filterNot((key, order) -> order.get("status").asText().equals("cancelled"));
    }
    orders
        .mapValues(order -> enrich(order, bug).toString())
        .to(setting("ENRICHED_TOPIC", "orders.enriched"));
    return builder.build();
  }

  private static ObjectNode enrich(ObjectNode order, String bug) {
    var status = order.get("status").asText().toUpperCase(Locale.ROOT);
    var cents = order.get("amountCents").asLong();
    switch (bug) {
      // A float has 24 bits: from 167 772.16 on, an amount may lose a cent.
      case "float-amounts" -> cents = (long) (float) cents;
      case "refunds-are-paid" -> status = status.equals("REFUNDED") ? "PAID" : status;
      case "lower-case-ids" -> order.put("id", order.get("id").asText().toLowerCase(Locale.ROOT));
    }
    return order.put("status", status).put("amountCents", cents).put("vatCents", cents * 19 / 100);
  }

  private static ObjectNode parse(String text) {
    try {
      return (ObjectNode) json.readTree(text);
    } catch (JsonProcessingException error) {
      throw new UncheckedIOException(error);
    }
  }

  private static Properties settings() {
    var settings = new Properties();
    settings.put(StreamsConfig.APPLICATION_ID_CONFIG, setting("APPLICATION_ID", "orders-enricher"));
    settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, setting("KAFKA_BOOTSTRAP_SERVERS", "localhost:9092"));
    settings.put(
        StreamsConfig.PROCESSING_GUARANTEE_CONFIG,
        setting("PROCESSING_GUARANTEE", StreamsConfig.EXACTLY_ONCE_V2));
    settings.put(StreamsConfig.STATE_DIR_CONFIG, setting("STATE_DIR", "state"));
    settings.put(StreamsConfig.DEFAULT_KEY_SERDE_CLASS_CONFIG, Serdes.StringSerde.class);
    settings.put(StreamsConfig.DEFAULT_VALUE_SERDE_CLASS_CONFIG, Serdes.StringSerde.class);
    // The defaults: 100 for exactly-once, and 30 000 for at-least-once.
    var commitInterval = System.getenv("COMMIT_INTERVAL_MS");
    if (commitInterval != null) settings.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, commitInterval);
    // The group misses an instance that was killed after this time.
    settings.put(StreamsConfig.consumerPrefix("session.timeout.ms"), 6_000);
    return settings;
  }

  private static String setting(String name, String otherwise) {
    return System.getenv().getOrDefault(name, otherwise);
  }
}
