import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.apache.avro.AvroRuntimeException;
import org.apache.avro.Schema;
import org.apache.avro.SchemaCompatibility;
import org.apache.avro.SchemaCompatibility.Incompatibility;

/**
 * Labels pairs of schemas, one a line of standard input, as Apache Avro judges them.
 *
 * <p>In: {@code {"reader": "...", "writer": "..."}}, schemas as texts. Out: every incompatibility;
 * or what the check threw; or why the parser refused one of the two.
 */
public final class Labels {
  private static final ObjectMapper JSON = new ObjectMapper();

  private Labels() {}

  public static void main(String[] arguments) throws IOException {
    InputStreamReader input = new InputStreamReader(System.in, StandardCharsets.UTF_8);
    PrintStream output = new PrintStream(System.out, false, StandardCharsets.UTF_8);
    try (BufferedReader lines = new BufferedReader(input)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        output.println(JSON.writeValueAsString(label(JSON.readTree(line))));
      }
    }
    output.flush();
  }

  private static ObjectNode label(JsonNode pair) {
    ObjectNode label = JSON.createObjectNode();
    Schema reader;
    Schema writer;
    try {
      reader = new Schema.Parser().parse(pair.get("reader").textValue());
      writer = new Schema.Parser().parse(pair.get("writer").textValue());
    } catch (AvroRuntimeException error) {
      return label.put("refused", error.getMessage());
    }
    try {
      label.set("incompatibilities", incompatibilities(reader, writer));
    } catch (AvroRuntimeException error) {
      label.put("thrown", error.getMessage());
    }
    return label;
  }

  private static ArrayNode incompatibilities(Schema reader, Schema writer) {
    ArrayNode found = JSON.createArrayNode();
    for (Incompatibility each :
        SchemaCompatibility.checkReaderWriterCompatibility(reader, writer)
            .getResult()
            .getIncompatibilities()) {
      ObjectNode reason = found.addObject();
      reason.put("type", each.getType().name());
      reason.put("location", each.getLocation());
      reason.put("message", each.getMessage());
    }
    return found;
  }
}
