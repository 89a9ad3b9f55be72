package shop;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.kafka.annotation.KafkaListener;
import org.springframework.stereotype.Component;

/** Bugs to see nodrop find. Take this file and its calls out of a copy that you mean to use. */
@Component
class PlantedBug {
  private static final String name = System.getenv().getOrDefault("PLANTED_BUG", "none");
  private static final Logger log = LoggerFactory.getLogger(PlantedBug.class);
  private static final ScheduledExecutorService queue = Executors.newSingleThreadScheduledExecutor();
  private static final int laterMs = 2_000;

  private final JdbcTemplate database;
  private final Set<String> failedOnce = new HashSet<>();

  PlantedBug(JdbcTemplate database) {
    this.database = database;
    if (is("retry-without-idempotence")) database.execute("alter table orders drop constraint if exists orders_pkey");
  }

  static boolean is(String bug) {
    return bug.equals(name);
  }

  /** Work that waits in memory for a while, and is gone with the process. */
  static void later(Runnable work) {
    queue.schedule(work, laterMs, TimeUnit.MILLISECONDS);
  }

  /** Runs the write. When this returns, the listener's offset is committed. */
  void receive(Runnable write) {
    switch (name) {
      case "ack-before-write" -> later(write);
      case "swallow" -> logErrors(write);
      default -> write.run();
    }
  }

  /** Writes the order in a wrong way. Returns false if it is to be written in the right way. */
  boolean writes(Order order) {
    switch (name) {
      // It is meant for carts, and takes what was cancelled, too.
      case "filter" -> {
        return order.status().startsWith("c");
      }
      case "wrong-key-upsert" -> {
        var update = "update orders set id = ?, status = ?, amount_cents = ? where customer = ?";
        var updated = database.update(update, order.id(), order.status(), order.amountCents(), order.customer());
        if (updated == 0) insert(order);
        return true;
      }
      case "retry-without-idempotence" -> {
        insert(order);
        // Something else that the listener does fails at first.
        if (order.amountCents() % 100 == 0 && failedOnce.add(order.id())) throw new IllegalStateException("no answer");
        return true;
      }
      default -> {
        return false;
      }
    }
  }

  private void insert(Order order) {
    var insert = "insert into orders (id, customer, status, amount_cents) values (?, ?, ?, ?)";
    database.update(insert, order.id(), order.customer(), order.status(), order.amountCents());
  }

  private static void logErrors(Runnable write) {
    try {
      write.run();
    } catch (RuntimeException error) {
      log.warn("not written: {}", error.getMessage());
    }
  }

  @Component
  static class HalfBatch {
    private final OrdersWriter writer;

    HalfBatch(OrdersWriter writer) {
      this.writer = writer;
    }

    /** Writes a batch up to the first order that fails, and takes the whole batch for written. */
    @KafkaListener(
        topics = "${orders.topic}",
        batch = "true",
        autoStartup = "#{'${planted.bug:}'.equals('half-batch')}")
    void receive(List<ConsumerRecord<String, byte[]>> records) {
      logErrors(() -> records.forEach(writer::write));
    }
  }
}
