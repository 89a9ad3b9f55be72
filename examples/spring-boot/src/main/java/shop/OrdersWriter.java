package shop;

import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.dao.DataIntegrityViolationException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.kafka.annotation.KafkaListener;
import org.springframework.kafka.core.KafkaTemplate;
import org.springframework.kafka.listener.CommonErrorHandler;
import org.springframework.kafka.listener.CommonLoggingErrorHandler;
import org.springframework.kafka.listener.DeadLetterPublishingRecoverer;
import org.springframework.kafka.listener.DefaultErrorHandler;
import org.springframework.stereotype.Component;
import org.springframework.util.backoff.FixedBackOff;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/**
 * Writes each order of the topic to the table, once, and commits its offset after that. An order that cannot be written goes
 * to the topic of dead letters; as long as the database does not answer, the listener tries again.
 */
@Component
class OrdersWriter {
  private static final Set<String> statuses = Set.of("open", "paid", "shipped", "cancelled");

  private final JdbcTemplate database;
  private final JsonMapper json;
  private final PlantedBug bug;

  OrdersWriter(JdbcTemplate database, JsonMapper json, PlantedBug bug) {
    this.database = database;
    this.json = json;
    this.bug = bug;
  }

  @KafkaListener(topics = "${orders.topic}", autoStartup = "#{!'${planted.bug:}'.equals('half-batch')}")
  void receive(ConsumerRecord<String, byte[]> record) {
    bug.receive(() -> write(record));
  }

  void write(ConsumerRecord<String, byte[]> record) {
    var order = json.readValue(record.value(), Order.class);
    if (!statuses.contains(order.status())) throw new IllegalArgumentException("status " + order.status());
    if (bug.writes(order)) return;
    database.update(
        "insert into orders (id, customer, status, amount_cents) values (?, ?, ?, ?) on conflict (id) do nothing",
        order.id(), order.customer(), order.status(), order.amountCents());
  }

  @Configuration
  static class Errors {
    @Bean
    CommonErrorHandler errorHandler(KafkaTemplate<String, byte[]> kafka) {
      if (PlantedBug.is("commit-on-error")) return new CommonLoggingErrorHandler();
      var deadLetters =
          new DeadLetterPublishingRecoverer(kafka, (record, error) -> new TopicPartition(record.topic() + ".DLT", -1));
      var handler = new DefaultErrorHandler(deadLetters, new FixedBackOff(500, FixedBackOff.UNLIMITED_ATTEMPTS));
      handler.addNotRetryableExceptions(
          IllegalArgumentException.class, JacksonException.class, DataIntegrityViolationException.class);
      if (PlantedBug.is("dead-letter-without-commit")) handler.setAckAfterHandle(false);
      return handler;
    }
  }
}
