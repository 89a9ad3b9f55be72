/** The files that Kafka and ZooKeeper have in the folders that nodrop gives them. */
import type { OwnFiles } from '../../system/removal.ts';

/** A file that a program is writing, or is about to delete, has another suffix. */
const suffix = String.raw`(\.[\w-]+)*`;

const partitionFiles: OwnFiles = {
  files: new RegExp(
    String.raw`^(\d{20}(-\d{10})?\.(log|index|timeindex|txnindex|snapshot|checkpoint)|leader-epoch-checkpoint|partition\.metadata|quorum-state)${suffix}$`,
  ),
};

const brokerData: OwnFiles = {
  files: new RegExp(
    String.raw`^(meta\.properties|bootstrap\.checkpoint|\.lock|\.kafka_cleanshutdown|[a-z-]+-checkpoint)${suffix}$`,
  ),
  folders: [{ name: /^[A-Za-z0-9._-]+-\d+(\.[0-9a-f]{32}-(delete|future|stray))?$/, own: partitionFiles }],
};

const zookeeperData: OwnFiles = {
  files: /^myid$/,
  folders: [
    { name: /^version-2$/, own: { files: /^((log|snapshot)\.[0-9a-f]+|(accepted|current)Epoch)(\.\w+)*$/ } },
  ],
};

/** The files of a Java program. Its libraries unpack native code into `tmp`. */
const programFiles = (data: OwnFiles): Required<OwnFiles> => ({
  files:
    /^(process\.json(\.\d+)?|(server|zookeeper)\.properties|(broker|zookeeper)\.log|classes\.jsa|(hs_err_|replay_)pid\d+\.log|java_pid\d+\.hprof|core(\.\d+)?)$/,
  folders: [
    { name: /^tmp$/, own: { files: /^[\w.-]+\.(so|dylib|jnilib|lck|tmp)$/ } },
    { name: /^data$/, own: data },
  ],
});

/** The files of a secured cluster. */
export const securityFiles: OwnFiles = {
  files:
    /^(ca|nodrop|nodrop-admin|nodrop-broker)\.pem(\.\d+)?$|^(passwords|client|admin)\.properties(\.\d+)?$/,
};

/** The files of a cluster. A single broker uses the cluster's folder itself. */
export const clusterFiles: OwnFiles = {
  ...programFiles(brokerData),
  folders: [
    ...programFiles(brokerData).folders,
    { name: /^broker-\d+$/, own: programFiles(brokerData) },
    { name: /^security$/, own: securityFiles },
    { name: /^zookeeper$/, own: programFiles(zookeeperData) },
  ],
};
