import java.io.ByteArrayInputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;

/** Java's own client as it comes: it offers HTTP/2 with the first request of a connection. */
public class Http2Offer {
    private static final HttpClient CLIENT = HttpClient.newHttpClient();

    public static void main(String[] arguments) throws Exception {
        String url = arguments[0];
        String post = "{\"text\": \"Migrants are vermin.\"}";
        send(HttpRequest.newBuilder(URI.create(url + "/v1/model")));
        send(json(url + "/v1/score").POST(BodyPublishers.ofString(post)));
        byte[] lines = (post + "\n").repeat(3).getBytes(StandardCharsets.UTF_8);
        send(json(url + "/v1/score/stream")
            .POST(BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(lines))));
    }

    private static HttpRequest.Builder json(String url) {
        return HttpRequest.newBuilder(URI.create(url)).header("Content-Type", "application/json");
    }

    private static void send(HttpRequest.Builder request) throws Exception {
        var answer = CLIENT.send(request.build(), BodyHandlers.ofString());
        System.out.println(answer.statusCode() + " " + answer.body().strip().lines().count());
    }
}
