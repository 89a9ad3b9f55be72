package shop;

import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.kafka.core.KafkaTemplate;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/** Takes orders by HTTP and puts them into a topic. OrdersWriter writes those of the topic to the database. */
@SpringBootApplication
@RestController
public class OrdersService {
  private final KafkaTemplate<String, byte[]> kafka;
  private final JsonMapper json;
  private final String topic;

  OrdersService(KafkaTemplate<String, byte[]> kafka, JsonMapper json, @Value("${orders.topic}") String topic) {
    this.kafka = kafka;
    this.json = json;
    this.topic = topic;
  }

  public static void main(String[] arguments) {
    SpringApplication.run(OrdersService.class, arguments);
  }

  @GetMapping("/health")
  String health() {
    return "ok\n";
  }

  /** 202 once the order is in Kafka, 400 for what is no order. With 500, the order may be there or not. */
  @PostMapping(path = "/orders", consumes = MediaType.APPLICATION_JSON_VALUE)
  ResponseEntity<String> take(@RequestBody byte[] body) throws Exception {
    Order order;
    try {
      order = json.readValue(body, Order.class);
    } catch (JacksonException error) {
      return ResponseEntity.badRequest().body(error.getOriginalMessage() + "\n");
    }
    if (order == null || !order.isComplete()) {
      return ResponseEntity.badRequest().body("An order has id, customer, status and amountCents.\n");
    }
    // The orders of a customer stay in one partition, and so in their order.
    var key = PlantedBug.is("wrong-partition-key") ? order.id() : order.customer();
    if (PlantedBug.is("answer-before-ack")) PlantedBug.later(() -> kafka.send(topic, key, body));
    else kafka.send(topic, key, body).get();
    return ResponseEntity.accepted().build();
  }
}

record Order(String id, String customer, String status, Long amountCents) {
  boolean isComplete() {
    return id != null && !id.isBlank() && customer != null && status != null && amountCents != null;
  }
}
