import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * Keeps detections in a file of lines (detection_id, revision, etat), with Kafka's own Java client.
 *
 * <p>The file is replaced as a whole before the group's offsets are committed: after a crash in between, the records are
 * read again, and each of them finds itself, or something newer, in the file.
 *
 * <pre>java -cp 'kafka-clients.jar:jackson-*.jar:slf4j-api.jar' Subscriber.java localhost:9092 wisebook.detections out.txt
 * [--until-end]</pre>
 */
public final class Subscriber {
    private record Detection(long revision, String etat) {}

    private static final ObjectMapper JSON = new ObjectMapper();

    private final Path file;
    private final Map<String, Detection> detections = new TreeMap<>();

    private Subscriber(Path file) throws IOException {
        this.file = file;
        if (Files.exists(file)) {
            for (String line : Files.readAllLines(file)) {
                String[] told = line.split(" ");
                detections.put(told[0], new Detection(Long.parseLong(told[1]), told[2]));
            }
        }
    }

    /** Takes in one record; fields that are not known are passed over. */
    private void keep(ConsumerRecord<byte[], byte[]> message) {
        if (message.value() == null) { // withdrawn
            detections.remove(new String(message.key(), StandardCharsets.UTF_8));
            return;
        }
        try {
            JsonNode told = JSON.readTree(message.value());
            var found = new Detection(told.required("revision").longValue(), told.required("etat").textValue());
            // What is not newer than what is kept changes nothing; the same revision is another judgement of it.
            detections.merge(
                    told.required("detection_id").textValue(),
                    found,
                    (kept, read) -> read.revision() >= kept.revision() ? read : kept);
        } catch (JsonProcessingException | IllegalArgumentException fault) {
            System.err.println(message.partition() + "/" + message.offset() + " is no detection: " + fault.getMessage());
        } catch (IOException fault) {
            System.err.println(message.partition() + "/" + message.offset() + " cannot be read: " + fault.getMessage());
        }
    }

    private void write() throws IOException {
        var lines = new StringBuilder();
        detections.forEach((id, one) -> lines.append(id + " " + one.revision() + " " + one.etat() + "\n"));
        Path beside = Path.of(file + ".new");
        Files.writeString(beside, lines);
        Files.move(beside, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    private static boolean atEnd(KafkaConsumer<byte[], byte[]> consumer) {
        Set<TopicPartition> partitions = consumer.assignment();
        Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
        return !partitions.isEmpty() && partitions.stream().allMatch(one -> consumer.position(one) >= ends.get(one));
    }

    public static void main(String[] arguments) throws IOException {
        boolean untilEnd = arguments.length > 3 && arguments[3].equals("--until-end");
        var subscriber = new Subscriber(Path.of(arguments[2]));
        var settings = new Properties();
        settings.put("bootstrap.servers", arguments[0]);
        settings.put("group.id", arguments[1] + "-to-a-file");
        // One process a machine: started again, it goes on at once.
        settings.put("group.instance.id", InetAddress.getLocalHost().getHostName());
        settings.put("isolation.level", "read_committed"); // not Java's default
        settings.put("auto.offset.reset", "earliest");
        settings.put("enable.auto.commit", "false");
        var bytes = new ByteArrayDeserializer();
        try (var consumer = new KafkaConsumer<>(settings, bytes, bytes)) {
            Thread reading = Thread.currentThread();
            Runtime.getRuntime().addShutdownHook(new Thread(() -> {
                consumer.wakeup();
                try {
                    reading.join();
                } catch (InterruptedException impatient) {
                    // The machine ends anyway.
                }
            }));
            consumer.subscribe(Set.of(arguments[1]));
            while (true) {
                ConsumerRecords<byte[], byte[]> batch = consumer.poll(Duration.ofMillis(500));
                batch.forEach(subscriber::keep);
                if (!batch.isEmpty()) {
                    subscriber.write();
                    consumer.commitSync();
                } else if (untilEnd && atEnd(consumer)) {
                    return;
                }
            }
        } catch (WakeupException asked) {
            // The end was asked for; what was read is written and committed.
        }
    }
}
